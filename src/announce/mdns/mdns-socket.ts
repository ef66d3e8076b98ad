import createMulticastDns, { type MulticastDns, type Packet, type Peer, type ReceivedPacket } from "multicast-dns";

export interface MdnsListener {
  onQuery(packet: ReceivedPacket, from: Peer): void;
  onResponse(packet: ReceivedPacket, from: Peer): void;
  /** The socket is of no use any more; in plain words. */
  onFailure(error: Error): void;
}

/** Multicast DNS on one network interface. */
export interface MdnsSocket {
  /** Each resolves when the packet is out, and rejects in plain words. */
  query(packet: Packet): Promise<void>;
  /** To everybody, or to one who cannot hear that. */
  respond(packet: Packet, to?: Peer): Promise<void>;
  close(): void;
}

/**
 * Bound to the group's address, not to all: what others send to this machine's port 5353 is avahi-daemon's, and a socket
 * bound to all addresses would take it away. So nobody may be asked to answer us by unicast.
 */
const groupAddress = "224.0.0.251";

/** Joins on the interface that has `address`. Rejects in plain words when that cannot be. */
export function openMdnsSocket(address: string, port: number, listener: MdnsListener): Promise<MdnsSocket> {
  return new Promise((resolve, reject) => {
    const mdns = createMulticastDns({ interface: address, bind: groupAddress, port });
    let isOpen = false;
    const fail = (error: Error): void => {
      const told = toPlainWords(error);
      if (isOpen) return listener.onFailure(told);
      setImmediate(() => mdns.destroy()); // not within its own handler, which goes on to use the socket
      reject(told);
    };
    mdns.on("error", fail);
    // Undecodable packets are warnings too, and anybody can send those; only the system's errors have a call's name.
    mdns.on("warning", (error) => void ("syscall" in error && fail(error)));
    mdns.on("networkInterface", () => {
      isOpen = true;
      resolve(wrap(mdns));
    });
    mdns.on("query", guard(listener, "onQuery"));
    mdns.on("response", guard(listener, "onResponse"));
  });
}

/** Whatever a stranger's packet brings about must not become an uncaught exception, nor end the conversation. */
function guard(listener: MdnsListener, method: "onQuery" | "onResponse") {
  return (packet: ReceivedPacket, from: Peer): void => {
    try {
      listener[method](packet, from);
    } catch {
      // The packet is passed over, as one is that cannot be decoded.
    }
  };
}

function wrap(mdns: MulticastDns): MdnsSocket {
  const send = (call: (sent: (error?: Error | null) => void) => void): Promise<void> => {
    return new Promise((resolve, reject) => call((error) => (error ? reject(toPlainWords(error)) : resolve())));
  };
  return {
    query: (packet) => send((sent) => mdns.query(packet, sent)),
    respond: (packet, to) => send((sent) => mdns.respond(packet, to ?? null, sent)),
    close: () => mdns.destroy(),
  };
}

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program holds UDP port 5353 for itself alone",
  EACCES: "this system does not let us send multicast DNS (UDP port 5353)",
  EPERM: "a firewall of this system keeps us from sending multicast DNS (UDP port 5353)",
  ENOBUFS: "the system's limit of multicast groups is reached (net.ipv4.igmp_max_memberships)",
};
const gone: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENODEV"]);

function toPlainWords(error: NodeJS.ErrnoException): Error {
  const code = error.code ?? "";
  const message = gone.has(code) ? "the network cannot be reached" : (words[code] ?? error.message);
  return new Error(message, { cause: error });
}
