import type { Clock } from "../core/clock.ts";

const startMs = 5000;
const leastMs = 2000;
/** How many usual intervals without a picture are too many. */
const intervals = 5;
/** How much of a long interval is still expected one picture later; bursts must not look like a high rate. */
const decay = 0.9;

/**
 * Notices when pictures stop coming: 5 s for the first one, then five times the usual interval but at least 2 s. Costs
 * one timer, not one per picture.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: (silentMs: number) => void;
  #cancel: () => void = () => {};
  #lastNs: bigint;
  #intervalMs: number;
  #seen = false;

  /** `nominalMs`: the interval that was asked for, 0 where nothing was. `onStall` is called once at most. */
  constructor(clock: Clock, nominalMs: number, onStall: (silentMs: number) => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.#intervalMs = nominalMs;
    this.#lastNs = clock.monotonicNs();
    this.#arm(this.#allowedMs());
  }

  /** A picture came, good or bad. */
  picture(): void {
    const nowNs = this.#clock.monotonicNs();
    const first = !this.#seen;
    if (!first) this.#intervalMs = Math.max(Number(nowNs - this.#lastNs) / 1e6, this.#intervalMs * decay);
    this.#seen = true;
    this.#lastNs = nowNs;
    if (first) this.#arm(this.#allowedMs());
  }

  stop(): void {
    this.#cancel();
  }

  #allowedMs(): number {
    return Math.max(this.#seen ? leastMs : startMs, intervals * this.#intervalMs);
  }

  #arm(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(delayMs, () => {
      const silentMs = Number(this.#clock.monotonicNs() - this.#lastNs) / 1e6;
      const restMs = this.#allowedMs() - silentMs;
      // Timers may run a fraction of a millisecond early.
      if (restMs <= 1) this.#onStall(silentMs);
      else this.#arm(restMs);
    });
  }
}
