/** Time, behind a seam so that tests own it. */
export interface Clock {
  /** CLOCK_MONOTONIC in nanoseconds: the time base of every {@link Frame}. */
  monotonicNs(): bigint;
  /** The wall clock, milliseconds since 1970-01-01 UTC. May jump. */
  wallMs(): number;
  /** Runs `callback` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's own clock. Its timers keep the process alive until they ran or were cancelled. */
export const systemClock: Clock = {
  monotonicNs: () => process.hrtime.bigint(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Wall-clock milliseconds at which the monotonic time `ns` was, by today's offset between the two clocks. */
export function monotonicToWallMs(clock: Clock, ns: bigint): number {
  return clock.wallMs() - Number(clock.monotonicNs() - ns) / 1e6;
}
