import type { Packet, ReceivedPacket, ReceivedRecord } from "multicast-dns";
import type { NetworkInterfaceInfo } from "node:os";
import type { MdnsNetwork } from "../../../../src/announce/mdns/mdns-network.ts";
import type { MdnsListener, MdnsSocket } from "../../../../src/announce/mdns/mdns-socket.ts";

/** A packet that somebody sent, as others receive it. */
export function receive(packet: Packet): ReceivedPacket {
  return { id: 0, questions: [], answers: [], authorities: [], additionals: [], ...packet };
}

export function ipv4(address: string, prefix = 24): NetworkInterfaceInfo {
  return {
    address,
    netmask: "",
    family: "IPv4",
    mac: "02:00:00:00:00:01",
    internal: false,
    cidr: `${address}/${prefix}`,
  };
}

export function ipv6(address: string): NetworkInterfaceInfo {
  return { ...ipv4(address, 64), family: "IPv6", scopeid: 0 };
}

export interface SentPacket {
  readonly on: string;
  readonly kind: "query" | "response";
  readonly packet: Packet;
}

/** A network in memory: remembers what was sent, by the address it was sent from. */
export class FakeNetwork implements MdnsNetwork {
  readonly port = 5353;
  readonly sent: SentPacket[] = [];
  readonly listeners = new Map<string, MdnsListener>();
  /** Why nothing can be opened, or sent. */
  openError: Error | undefined;
  sendError: Error | undefined;
  joined = true;
  opened = 0;
  devices: Record<string, NetworkInterfaceInfo[]>;

  constructor(devices: Record<string, NetworkInterfaceInfo[]> = { eth0: [ipv4("192.0.2.1")] }) {
    this.devices = devices;
  }

  interfaces(): Record<string, NetworkInterfaceInfo[]> {
    return this.devices;
  }

  isJoined(): boolean {
    return this.joined;
  }

  async open(address: string, listener: MdnsListener): Promise<MdnsSocket> {
    this.opened += 1;
    if (this.openError) throw this.openError;
    this.listeners.set(address, listener);
    const send = (kind: SentPacket["kind"]) => async (packet: Packet) => {
      if (this.sendError) throw this.sendError;
      this.sent.push({ on: address, kind, packet });
    };
    return { query: send("query"), respond: send("response"), close: () => void this.listeners.delete(address) };
  }

  /** Takes out what was sent since the last time, in short: `! name` is a probe, `+` an announcement, `-` a goodbye. */
  take(): readonly string[] {
    return this.sent.splice(0).flatMap(({ kind, packet }) => {
      if (kind === "query") return (packet.questions ?? []).map(({ name }) => `! ${name}`);
      return (packet.answers ?? []).map((record) => `${record.ttl === 0 ? "-" : "+"} ${formatRecord(record)}`);
    });
  }

  /** Somebody at `from` says this to everybody. */
  hear(kind: SentPacket["kind"], packet: Packet, from = "192.0.2.99", port = 5353): void {
    for (const listener of this.listeners.values()) {
      const peer = { address: from, port };
      if (kind === "query") listener.onQuery(receive(packet), peer);
      else listener.onResponse(receive(packet), peer);
    }
  }
}

function formatRecord({ name, type, data }: ReceivedRecord): string {
  if (type === "SRV") return `${name} SRV ${(data as { target: string }).target}:${(data as { port: number }).port}`;
  if (type === "TXT") return `${name} TXT ${(data as Buffer[]).map(String).join(" ")}`;
  return `${name} ${type} ${String(data)}`;
}
