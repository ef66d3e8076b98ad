/** How many connections there may be; see {@link Admission}. */
export interface ConnectionLimits {
  /** Ordinary connections in all. */
  readonly connections: number;
  /** Ordinary connections from one address. */
  readonly perAddress: number;
  /** Further connections, beyond both limits, that only the doors with reserved room answer. */
  readonly reserved: number;
}

/** Which limit a connection met. */
export type LimitMet = "connections" | "address";

/** What one open connection may do: everything, or only use reserved doors because a limit was met. */
export interface Place {
  readonly address: string;
  readonly limitMet: LimitMet | undefined;
}

/**
 * Who may come in. Pure bookkeeping, done when a connection opens and when it closes, never in between. One address gets
 * at most half of the reserved places (at least one), so that it cannot keep the others from health and API.
 */
export class Admission {
  readonly #limits: ConnectionLimits;
  readonly #reservedPerAddress: number;
  readonly #ordinaryBy = new Map<string, number>();
  readonly #reservedBy = new Map<string, number>();
  #ordinary = 0;
  #reserved = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
    this.#reservedPerAddress = Math.max(1, Math.floor(limits.reserved / 2));
  }

  /** Connections open now, of both kinds. */
  get open(): number {
    return this.#ordinary + this.#reserved;
  }

  /**
   * A place for a connection from `address`, or undefined when there is not even a reserved one: close it at once. An address
   * that stands for many clients (a proxy's) has no limit of its own.
   */
  enter(address: string, standsForMany = false): Place | undefined {
    const limitMet = this.#limitMet(address, standsForMany);
    if (limitMet === undefined) {
      this.#ordinary += 1;
      add(this.#ordinaryBy, address, 1);
    } else {
      if (this.#reserved >= this.#limits.reserved) return undefined;
      if (!standsForMany && this.hasReservedShare(address)) return undefined;
      this.#reserved += 1;
      add(this.#reservedBy, address, 1);
    }
    return { address, limitMet };
  }

  /** Whether this address holds as many reserved places as it may. */
  hasReservedShare(address: string): boolean {
    return (this.#reservedBy.get(address) ?? 0) >= this.#reservedPerAddress;
  }

  /** Gives a place back; exactly once for each that was given. */
  leave(place: Place): void {
    if (place.limitMet === undefined) {
      this.#ordinary -= 1;
      add(this.#ordinaryBy, place.address, -1);
    } else {
      this.#reserved -= 1;
      add(this.#reservedBy, place.address, -1);
    }
  }

  #limitMet(address: string, standsForMany: boolean): LimitMet | undefined {
    if (!standsForMany && (this.#ordinaryBy.get(address) ?? 0) >= this.#limits.perAddress) return "address";
    return this.#ordinary >= this.#limits.connections ? "connections" : undefined;
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
