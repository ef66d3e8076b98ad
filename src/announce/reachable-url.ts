import { isIP } from "node:net";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import { isLoopback } from "../core/loopback.ts";

/** Names that mean every address of this machine. */
const everyAddress = new Set(["::", "0.0.0.0", ""]);

/**
 * Where other machines reach a server that listens on `host` and `port`, without a slash at the end: the address of the first
 * network interface (IPv4 first), or `host` itself where that is one. Undefined where nobody but this machine can; port 0 is a Unix
 * socket.
 */
export function reachableUrl(
  host: string,
  port: number,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string | undefined {
  const address = everyAddress.has(host) ? firstAddress(interfaces) : host;
  if (address === undefined || isLoopback(address) || port === 0) return undefined;
  return `http://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** Interfaces of containers and virtual machines lead nowhere. */
const virtual = /^(docker|veth|br-|virbr|lxc|lxd|podman|cni|flannel|hassio|tailscale|tun|tap|wg)/;

function firstAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string | undefined {
  const usable = Object.entries(interfaces)
    .filter(([name]) => !virtual.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/i.test(address));
  return (usable.find(({ family }) => family === "IPv4") ?? usable[0])?.address;
}
