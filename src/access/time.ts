import type { Clock } from "../core/clock.ts";

/** What ends at a second ends this much later, for clocks that differ a little. */
export const clockToleranceSeconds = 30;

/** Seconds since 1970 on the wall clock. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.wallMs() / 1000);
}
