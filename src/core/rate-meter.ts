const capacity = 64;
const staleAfterNs = 3_000_000_000n;

/** Events a second, measured over the last 64 events. */
export class RateMeter {
  readonly #timesNs: bigint[] = [];
  #next = 0;

  /** One event at the monotonic time `timeNs`. */
  add(timeNs: bigint): void {
    this.#timesNs[this.#next] = timeNs;
    this.#next = (this.#next + 1) % capacity;
  }

  /** The rate at `nowNs`; 0 when nothing came for three seconds or there is too little to tell. */
  perSecond(nowNs: bigint): number {
    const count = this.#timesNs.length;
    if (count < 2) return 0;
    const newest = this.#timesNs[(this.#next + capacity - 1) % capacity];
    const oldest = this.#timesNs[count < capacity ? 0 : this.#next];
    if (newest === undefined || oldest === undefined || nowNs - newest > staleAfterNs || newest <= oldest) return 0;
    return (count - 1) / (Number(newest - oldest) / 1e9);
  }

  /** Forgets all events: the next rate is that of a new run. */
  reset(): void {
    this.#timesNs.length = 0;
    this.#next = 0;
  }
}
