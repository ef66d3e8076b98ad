import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { TLSSocket } from "node:tls";
import { plainAddress } from "./address-group.ts";

/** Who is at the other end of a request, as far as we and the proxies that we trust can tell. */
export interface Client {
  /** Without port. */
  readonly address: string;
  /** Whether the client's own connection is encrypted, here or at the proxy. */
  readonly isEncrypted: boolean;
  /** The Host that the client asked for; undefined where it named none. */
  readonly host: string | undefined;
  /** Whether a trusted proxy passed the request on. */
  readonly isProxied: boolean;
}

/** Address of whoever comes through a Unix socket and is not introduced by `X-Forwarded-For`. */
const LOCAL = "local";

/** The proxies whose `X-Forwarded-*` headers are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** `ranges`: addresses, or ranges such as `10.0.0.0/8`. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = "", prefix] = range.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** Whether connections from this address are a trusted proxy's. */
  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? "ipv6" : "ipv4");
  }

  /** Whoever may open the Unix socket is a proxy: that is what it is for, and its file's mode says who may. */
  clientOf(request: IncomingMessage, isUnixSocket = false): Client {
    const peer = isUnixSocket ? LOCAL : plainAddress(request.socket.remoteAddress);
    const isEncrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
    const { host } = request.headers;
    if (!isUnixSocket && !this.has(peer)) return { address: peer, isEncrypted, host, isProxied: false };
    const scheme = lastOf(request, "x-forwarded-proto");
    return {
      address: this.#original(request, peer),
      isEncrypted: scheme === undefined ? isEncrypted : scheme.toLowerCase() === "https",
      host: lastOf(request, "x-forwarded-host") ?? host,
      isProxied: true,
    };
  }

  /** From the right, the first address that is no trusted proxy's: what stands left of it, anybody may have written. */
  #original(request: IncomingMessage, peer: string): string {
    let address = peer;
    for (const entry of listOf(request, "x-forwarded-for").toReversed()) {
      const given = withoutPort(entry);
      if (isIP(given) === 0) break;
      address = plainAddress(given);
      if (!this.has(address)) break;
    }
    return address;
  }
}

function listOf({ headers }: IncomingMessage, name: string): string[] {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** What the proxy next to us wrote: it adds to the right of what it was given, or replaces it. */
function lastOf(request: IncomingMessage, name: string): string | undefined {
  return listOf(request, name).at(-1);
}

function withoutPort(entry: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry);
  return bracketed?.[1] ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}
