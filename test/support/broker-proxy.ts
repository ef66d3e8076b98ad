import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What to do with a packet: pass it on (perhaps another one), or (undefined) hang up. */
export type PacketFilter = (packet: Buffer, socket: Socket) => Buffer | undefined;

export interface ProxyFilters {
  readonly fromClient?: PacketFilter;
  readonly fromBroker?: PacketFilter;
}

/** Stands in front of a real broker and makes it another kind of broker, packet by packet. */
export class BrokerProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections so far. */
  connections = 0;

  private constructor(brokerPort: number, { fromClient, fromBroker }: ProxyFilters) {
    this.#server = createServer((client) => {
      this.connections += 1;
      const broker = connect(brokerPort, "127.0.0.1");
      this.#relay(client, broker, fromClient);
      this.#relay(broker, client, fromBroker);
    });
  }

  static async start(brokerPort: number, filters: ProxyFilters): Promise<BrokerProxy> {
    const proxy = new BrokerProxy(brokerPort, filters);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #relay(from: Socket, to: Socket, filter: PacketFilter = (packet) => packet): void {
    this.#sockets.add(from);
    let pending = Buffer.alloc(0);
    from.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const length = packetLength(pending);
        if (length === undefined || pending.length < length) return;
        const passed = filter(pending.subarray(0, length), from);
        pending = pending.subarray(length);
        if (!passed) {
          from.end();
          to.destroy();
          return;
        }
        to.write(passed);
      }
    });
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.end();
    });
  }
}

/** The protocol level that a CONNECT packet asks for; undefined for other packets. MQTT 5 section 3.1.2.2. */
export function connectLevel(packet: Buffer): number | undefined {
  if (packet[0] !== 0x10) return undefined;
  const head = headerLength(packet) ?? 0;
  return packet[head + 2 + packet.readUInt16BE(head)];
}

/** Bytes of the whole first packet; undefined while that is not known. */
function packetLength(bytes: Buffer): number | undefined {
  const head = headerLength(bytes);
  if (head === undefined) return undefined;
  let length = 0;
  for (let at = head - 1; at >= 1; at -= 1) length = length * 128 + ((bytes[at] ?? 0) & 0x7f);
  return head + length;
}

/** Bytes of the fixed header: type, and a length of one to four bytes. */
function headerLength(bytes: Buffer): number | undefined {
  const last = bytes.subarray(1, 5).findIndex((byte) => byte < 0x80);
  return last < 0 ? undefined : last + 2;
}
