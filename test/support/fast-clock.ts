import { systemClock, type Clock } from "../../src/core/clock.ts";

/** The machine's clock, so many times faster: for real sockets and waits of many seconds. */
export function createFastClock(factor: number): Clock {
  const startNs = systemClock.monotonicNs();
  const startMs = systemClock.wallMs();
  const passedNs = (): bigint => (systemClock.monotonicNs() - startNs) * BigInt(factor);
  return {
    monotonicNs: () => startNs + passedNs(),
    wallMs: () => startMs + Number(passedNs() / 1_000_000n),
    after: (delayMs, callback) => systemClock.after(delayMs / factor, callback),
  };
}
