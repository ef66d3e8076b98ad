import { BlockList, isIP, isIPv6 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

/** As `os.networkInterfaces()` has it: the interfaces that are up and connected. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** A network interface through which we can be found. */
export interface NetworkLink {
  readonly name: string;
  /** The IPv4 address to send from. */
  readonly address: string;
  /** Where whoever is there reaches us. */
  readonly addresses: readonly string[];
  /** Whether the address is in this link's network. */
  covers(address: string): boolean;
  /** Whether a packet from there is for this link. A socket also gets what another interface received. */
  hears(address: string): boolean;
}

/** Bridges and cables of containers and virtual machines, and tunnels: nobody browses there. */
const virtual =
  /^(docker|veth|virbr|vnet|cni|flannel|cali|lxcbr|lxdbr|podman|hassio|tun\d|wg\d|tailscale)|^br-[0-9a-f]{12}$/;
/** More than these are temporary addresses; a packet must not grow without bound. */
const maxAddresses = 8;

/** The links of these interfaces for a server that listens on `host`: `::` on all addresses, `0.0.0.0` on IPv4's. */
export function findLinks(interfaces: NetworkInterfaces, host: string): readonly NetworkLink[] {
  const byDevice = groupByDevice(interfaces);
  return [...byDevice].flatMap(([name, infos]) => {
    const address = pickSender(infos);
    const addresses = selectReachable(infos, host);
    if (virtual.test(name) || address === undefined || addresses.length === 0) return [];
    const others = [...byDevice].filter(([other]) => other !== name).flatMap(([, other]) => other);
    const [here, elsewhere] = [toNetworks(infos), toNetworks(others)];
    const covers = (source: string) => contains(here, source);
    return [{ name, address, addresses, covers, hears: (source) => covers(source) || !contains(elsewhere, source) }];
  });
}

/** `eth0:1` is another address of `eth0`. */
function groupByDevice(interfaces: NetworkInterfaces): Map<string, NetworkInterfaceInfo[]> {
  const devices = new Map<string, NetworkInterfaceInfo[]>();
  for (const [label, infos = []] of Object.entries(interfaces)) {
    const name = label.split(":", 1)[0] ?? label;
    devices.set(name, [...(devices.get(name) ?? []), ...infos.filter(({ internal }) => !internal)]);
  }
  return devices;
}

function pickSender(infos: readonly NetworkInterfaceInfo[]): string | undefined {
  const candidates = infos.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  return candidates.find((address) => !isLinkLocal(address)) ?? candidates[0];
}

/** Link-local addresses are the last resort: IPv6's cannot be written into an address bar at all. */
function selectReachable(infos: readonly NetworkInterfaceInfo[], host: string): readonly string[] {
  const open = infos.map(({ address }) => address).filter((address) => listensOn(host, address));
  const routable = open.filter((address) => !isLinkLocal(address));
  const v4 = open.filter((address) => !isIPv6(address));
  return (routable.length > 0 ? routable : v4).slice(0, maxAddresses);
}

function listensOn(host: string, address: string): boolean {
  if (host === "::" || isIP(host) === 0) return true;
  return host === "0.0.0.0" ? !isIPv6(address) : host === address;
}

function isLinkLocal(address: string): boolean {
  return /^169\.254\.|^fe[89ab]/i.test(address);
}

function toNetworks(infos: readonly NetworkInterfaceInfo[]): BlockList {
  const networks = new BlockList();
  for (const { cidr, family } of infos) {
    const [network, prefix] = cidr?.split("/") ?? [];
    if (family === "IPv4" && network !== undefined) networks.addSubnet(network, Number(prefix), "ipv4");
  }
  return networks;
}

function contains(networks: BlockList, address: string): boolean {
  return isIP(address) === 4 && networks.check(address, "ipv4");
}
