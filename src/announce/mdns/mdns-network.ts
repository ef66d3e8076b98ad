import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { isJoined } from "./group-table.ts";
import { openMdnsSocket, type MdnsListener, type MdnsSocket } from "./mdns-socket.ts";
import type { NetworkInterfaces } from "./network-links.ts";

/** The network, behind a seam so that tests can bring their own. */
export interface MdnsNetwork {
  readonly port: number;
  interfaces(): NetworkInterfaces;
  /** Whether a socket opened on this interface earlier still receives. */
  isJoined(interfaceName: string): boolean;
  /** Rejects in plain words. */
  open(address: string, listener: MdnsListener): Promise<MdnsSocket>;
}

const groupTable = "/proc/net/igmp";

/** This machine's network, as seen from its network namespace. */
export function createMdnsNetwork(port = 5353): MdnsNetwork {
  return {
    port,
    interfaces: networkInterfaces,
    isJoined: (interfaceName) => {
      const table = readTable();
      return table === undefined || isJoined(table, interfaceName);
    },
    open: (address, listener) => openMdnsSocket(address, port, listener),
  };
}

function readTable(): string | undefined {
  try {
    return readFileSync(groupTable, "utf8");
  } catch {
    return undefined; // a kernel that does not tell
  }
}
