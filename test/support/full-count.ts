import type { TestContext } from "node:test";

/** Set by `npm run verify:long`: tests run at the counts that the issues name. */
export const isLongRun = process.env["SIGHTLINE_TEST_LONG"] === "1";

/**
 * How often to do what must hold `full` times: all of them in a long run, else a twentieth, at least one. Prints both numbers.
 */
export function fullCount(t: TestContext, full: number, what: string): number {
  const count = isLongRun ? full : Math.ceil(full / 20);
  t.diagnostic(`${what}: ${count} of ${full}`);
  return count;
}
