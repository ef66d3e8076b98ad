import type { ReceivedRecord } from "multicast-dns";
import type { NetworkInterfaces } from "./network-links.ts";
import { encodeData } from "./record-data.ts";

/** The addresses of this machine, on all its interfaces. */
export class OwnAddresses {
  #keys: ReadonlySet<string> = new Set();

  update(interfaces: NetworkInterfaces): void {
    const infos = Object.values(interfaces).flatMap((list) => list ?? []);
    this.#keys = new Set(infos.map(({ address, family }) => toKey(family === "IPv4" ? "A" : "AAAA", address)));
  }

  /** Whether an address record names one of them, however it is written. */
  has({ type, data }: Pick<ReceivedRecord, "type" | "data">): boolean {
    return this.#keys.has(toKey(type, data));
  }
}

function toKey(type: string, data: unknown): string {
  return `${type} ${encodeData({ name: "", type, data })?.toString("hex")}`;
}
