import assert from "node:assert/strict";
import { after } from "node:test";
import type { Log } from "../../src/core/log.ts";
import { findSaidSecrets } from "./said-secrets.ts";

/** A log that nobody reads, but that fails the test, at its end, where something secret was written to it. */
export function createWatchedLog(): Log {
  const found = new Set<string>();
  const watch = (fields: object, message: string): void => {
    const said = `${message} ${Object.values(fields).map(toText).join(" ")}`;
    for (const what of findSaidSecrets(said)) found.add(`${what} in: ${message}`);
  };
  const log: Log = { debug: watch, info: watch, warn: watch, error: watch, child: () => log };
  after(() => assert.deepEqual([...found], []));
  return log;
}

function toText(value: unknown): string {
  return value instanceof Error ? `${value.message} ${toText(value.cause)}` : String(value);
}
