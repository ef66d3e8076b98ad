import type { Clock } from "../../core/clock.ts";

const minTimeoutNs = 2_000_000_000n;
/** Until the first frame: cameras warm up, and some take seconds. */
const firstTimeoutNs = 5_000_000_000n;
const intervalsToWait = 5n;

/**
 * Knows when frames have stayed away too long: max(2 s, 5 x the measured interval), so that a camera which exposes for long
 * in the dark is not taken for a dead one.
 */
export class StallWatch {
  readonly #clock: Clock;
  #lastNs: bigint;
  #intervalNs = 0n;
  #hasFrame = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastNs = clock.monotonicNs();
  }

  /** A buffer came, good or bad. */
  seen(): void {
    const nowNs = this.#clock.monotonicNs();
    const intervalNs = nowNs - this.#lastNs;
    // Grows at once and shrinks slowly: the next long exposure is likely as long as the one before.
    const decayedNs = (this.#intervalNs * 15n) / 16n;
    if (this.#hasFrame) this.#intervalNs = intervalNs > decayedNs ? intervalNs : decayedNs;
    this.#hasFrame = true;
    this.#lastNs = nowNs;
  }

  /** How long to wait for a frame now. */
  get timeoutNs(): bigint {
    if (!this.#hasFrame) return firstTimeoutNs;
    const adaptiveNs = this.#intervalNs * intervalsToWait;
    return adaptiveNs > minTimeoutNs ? adaptiveNs : minTimeoutNs;
  }

  /** Nanoseconds without a frame when that is too long, undefined while all is well. */
  stalledNs(): bigint | undefined {
    const silentNs = this.#clock.monotonicNs() - this.#lastNs;
    return silentNs > this.timeoutNs ? silentNs : undefined;
  }
}
