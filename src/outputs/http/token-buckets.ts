import type { Clock } from "../../core/clock.ts";

interface Bucket {
  tokens: number;
  filledNs: bigint;
}

/** At most so many are remembered; whoever was away longest is forgotten first, and starts with a full bucket. */
const MAX_BUCKETS = 10_000;

/** So much a second for each of many, with as much again at once after a pause. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** By key; the one used last is last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, clock: Clock, burst = perSecond * 2) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, burst);
    this.#clock = clock;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one for `key`; false when there is none. */
  take(key: string): boolean {
    if (this.#perSecond === Infinity) return true;
    const bucket = this.#filled(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Whole seconds until there is one for `key` again; at least 1. */
  waitSeconds(key: string): number {
    const missing = 1 - (this.#buckets.get(key)?.tokens ?? this.#burst);
    return Math.max(1, Math.ceil(missing / this.#perSecond));
  }

  #filled(key: string): Bucket {
    const nowNs = this.#clock.monotonicNs();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledNs: nowNs };
    const earned = (Number(nowNs - bucket.filledNs) / 1e9) * this.#perSecond;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + earned);
    bucket.filledNs = nowNs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) this.#forgetOldest();
    return bucket;
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
