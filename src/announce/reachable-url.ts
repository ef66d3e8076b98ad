import { isIP } from "node:net";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import type { Config } from "../config/schema.ts";
import { isLoopback } from "../core/loopback.ts";
import { plainBasePath } from "../protocol/http/base-path.ts";

/** Where a web server can be found: what it listens on, and its names. */
export interface WebPlace {
  /** `server.host`. */
  readonly host: string;
  /** Of plain HTTP; 0: none, or a Unix socket. */
  readonly port: number;
  /** Of HTTPS; 0: none. */
  readonly httpsPort: number;
  /** Without a slash at its end; `""` for the root. */
  readonly basePath: string;
  /** Names that only a certificate of theirs is good for. */
  readonly names: readonly string[];
  /** Whether plain HTTP sends everybody to HTTPS. */
  readonly redirects: boolean;
  /** The name that we announce by mDNS. */
  readonly mdnsName?: string | undefined;
}

export type WebScheme = "http" | "https";
type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** `server` of the configuration as a place, with the ports that it really has, or will have. */
export function placeOf(
  server: Config["server"],
  ports: Pick<WebPlace, "port" | "httpsPort"> = portsOf(server),
  mdnsName?: string,
): WebPlace {
  const { host, basePath, hosts, https } = server;
  const { port, httpsPort } = ports;
  const names = hosts.filter((name) => !name.startsWith("*") && isIP(name) === 0);
  const redirects = https.redirect && httpsPort > 0;
  return { host, port, httpsPort, basePath: plainBasePath(basePath), names, redirects, mdnsName };
}

function portsOf({ port, socket, https }: Config["server"]): Pick<WebPlace, "port" | "httpsPort"> {
  return { port: socket === undefined ? port : 0, httpsPort: https.cert === undefined ? 0 : https.port };
}

/**
 * Where other machines reach us by `scheme`, best first, none with a slash at the end: by the names of the certificate, by the
 * address of the first network interface (IPv4 first), or `host` itself where that is one, and by mDNS. None where only this
 * machine can, or there is no port.
 */
export function reachableUrls(
  place: WebPlace,
  scheme: WebScheme,
  interfaces: Interfaces = networkInterfaces(),
): readonly string[] {
  const address = everyAddress.has(place.host) ? firstAddress(interfaces) : place.host;
  if (address === undefined || isLoopback(address)) return [];
  const names = [...(scheme === "https" ? place.names : []), address, ...(place.mdnsName ? [place.mdnsName] : [])];
  return names.flatMap((name) => formatUrl(place, scheme, name));
}

/** The same, with what a browser on this machine takes at the end. */
export function pageUrls(place: WebPlace, scheme: WebScheme, interfaces?: Interfaces): readonly string[] {
  const isEvery = everyAddress.has(place.host);
  const own = isEvery ? ["localhost"] : isLoopback(place.host) ? [place.host] : [];
  return [...reachableUrls(place, scheme, interfaces), ...own.flatMap((name) => formatUrl(place, scheme, name))];
}

/**
 * Where people and programs on other machines reach us best: by plain HTTP where there is, since programs do not know a
 * certificate that we made ourselves. Undefined where they cannot.
 */
export function reachableUrl(place: WebPlace, interfaces?: Interfaces): string | undefined {
  const scheme = place.port > 0 && !place.redirects ? "http" : "https";
  return reachableUrls(place, scheme, interfaces)[0];
}

function formatUrl({ port, httpsPort, basePath }: WebPlace, scheme: WebScheme, name: string): readonly string[] {
  const used = scheme === "http" ? port : httpsPort;
  return used === 0 ? [] : [`${scheme}://${isIP(name) === 6 ? `[${name}]` : name}:${used}${basePath}`];
}

/** Names that mean every address of this machine. */
const everyAddress = new Set(["::", "0.0.0.0", ""]);

/** Interfaces of containers and virtual machines lead nowhere. */
const virtual = /^(docker|veth|br-|virbr|lxc|lxd|podman|cni|flannel|hassio|tailscale|tun|tap|wg)/;

function firstAddress(interfaces: Interfaces): string | undefined {
  const usable = Object.entries(interfaces)
    .filter(([name]) => !virtual.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/i.test(address));
  return (usable.find(({ family }) => family === "IPv4") ?? usable[0])?.address;
}
