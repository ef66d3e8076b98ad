declare module "multicast-dns" {
  import type { EventEmitter } from "node:events";

  export interface Question {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
  }

  /** A record as it came over the wire; what `data` is depends on `type`. */
  export interface ReceivedRecord {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly data?: unknown;
  }

  export interface ReceivedPacket {
    readonly id: number;
    readonly questions: readonly Question[];
    readonly answers: readonly ReceivedRecord[];
    readonly authorities: readonly ReceivedRecord[];
    readonly additionals: readonly ReceivedRecord[];
  }

  /** Is written to: a packet can be sent once. */
  export interface Packet {
    id?: number;
    questions?: readonly Question[];
    answers?: readonly ReceivedRecord[];
    authorities?: readonly ReceivedRecord[];
    additionals?: readonly ReceivedRecord[];
  }

  export interface Peer {
    readonly address: string;
    readonly port: number;
  }

  type Sent = (error?: Error | null) => void;

  export interface MulticastDns extends EventEmitter {
    on(event: "query" | "response", listener: (packet: ReceivedPacket, from: Peer) => void): this;
    on(event: "error" | "warning", listener: (error: Error) => void): this;
    on(event: "networkInterface", listener: () => void): this;
    query(packet: Packet, sent: Sent): void;
    respond(packet: Packet, to: Peer | null, sent: Sent): void;
    destroy(closed?: () => void): void;
  }

  export interface Options {
    /** Address of the interface to join on and to send from. */
    readonly interface: string;
    readonly bind: string;
    readonly port: number;
  }

  export default function createMulticastDns(options: Options): MulticastDns;
}
