import { isIP } from "node:net";

/**
 * What limits count as one address: an IPv4 address; of IPv6 the /64, which is the least that anybody gets and has 2^64
 * addresses, but link-local and private (fc00::/7) addresses each by themselves: the whole house shares their prefix.
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6 || /^f(?:[cd][0-9a-f]{2}|e[89ab][0-9a-f]):/i.test(address)) return address;
  return `${expandIpv6(address).slice(0, 4).join(":")}::/64`;
}

/** The eight groups of an IPv6 address, the dotted form of the last two left as it is. */
function expandIpv6(address: string): string[] {
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const first = head === "" ? [] : head.split(":");
  if (tail === undefined) return first;
  const last = tail === "" ? [] : tail.split(":");
  return [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
}

/** An IPv4 client of an IPv6 socket (`::ffff:192.0.2.1`) by its IPv4 address; empty when it is already gone. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
}
