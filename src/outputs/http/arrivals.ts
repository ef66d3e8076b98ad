import type { Socket } from "node:net";
import { addressGroup, plainAddress } from "./address-group.ts";
import type { HttpTally, RefusalCause } from "./http-tally.ts";
import type { TokenBuckets } from "./token-buckets.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";

/** How often somebody may come, by address group. */
export interface ArrivalRates {
  /** New connections. */
  readonly ordinary: TokenBuckets;
  /** A few more once those are used up, for the doors with reserved room. */
  readonly reserved: TokenBuckets;
  /** TLS handshakes. */
  readonly handshakes: TokenBuckets;
}

/** Turns away who comes too often. What is closed here costs next to nothing, however often somebody comes back. */
export class Arrivals {
  readonly #rates: ArrivalRates;
  readonly #proxies: TrustedProxies;
  readonly #tally: HttpTally;

  constructor(rates: ArrivalRates, proxies: TrustedProxies, tally: HttpTally) {
    this.#rates = rates;
    this.#proxies = proxies;
    this.#tally = tally;
  }

  /** Whether a new connection may stay; else it is closed. On a Unix socket there are no addresses: it always may. */
  mayCome(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (address === "" || this.#proxies.has(address)) return true;
    const group = addressGroup(address);
    const { ordinary, reserved } = this.#rates;
    return ordinary.take(group) || reserved.take(group) || this.#turnAway(socket, "rate");
  }

  /** The same for one that begins with a TLS handshake. */
  mayShakeHands(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (this.#proxies.has(address)) return true;
    return this.#rates.handshakes.take(addressGroup(address)) || this.#turnAway(socket, "handshake-rate");
  }

  #turnAway(socket: Socket, cause: RefusalCause): false {
    this.#tally.refused(cause);
    socket.destroy();
    return false;
  }
}
