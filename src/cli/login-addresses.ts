import type { NetworkInterfaceInfo } from "node:os";
import { pageUrls, type WebPlace } from "../announce/reachable-url.ts";

/**
 * The addresses that log somebody in with a login link's token: what other machines can open first, at the end what this one
 * can; by HTTPS where there is any. The token stands where a browser does not send it to anybody. Where nobody can know the
 * address, since only a proxy has one, it is the path alone.
 */
export function loginAddresses(
  place: WebPlace,
  token: string,
  interfaces?: NodeJS.Dict<NetworkInterfaceInfo[]>,
): readonly [string, ...string[]] {
  const [first = place.basePath, ...others] = pageUrls(place, place.httpsPort > 0 ? "https" : "http", interfaces);
  const complete = (url: string): string => `${url}/#link=${token}`;
  return [complete(first), ...others.map(complete)];
}

/** What there is to say of {@link loginAddresses} but the first one, a line each. */
export function describeAddresses([first, ...others]: readonly [string, ...string[]]): string {
  if (first.startsWith("/")) return "Put this behind the address that your proxy has for Sightline, as https://HOST.\n";
  return others.map((address) => `or: ${address}\n`).join("");
}
