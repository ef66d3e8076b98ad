import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import { explainFileError } from "./file-errors.ts";

/** How long somebody else may hold a lock before we give up. */
const waitMs = 10_000;
const retryMs = 25;
/** Nobody works that long: who held it has died. */
const staleMs = 30_000;

/**
 * Runs `action` while no other process that asks in the same way works on the file at `path`: `path`.lock stands beside it
 * meanwhile. Throws StorageError where the lock cannot be made or is not to be had.
 */
export async function withFileLock<T>(path: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const mark = randomUUID();
  await acquire(lock, mark, clock);
  try {
    return await action();
  } finally {
    if (await isHeldBy(lock, mark)) await rm(lock, { force: true });
  }
}

async function acquire(lock: string, mark: string, clock: Clock): Promise<void> {
  const untilNs = clock.monotonicNs() + BigInt(waitMs) * 1_000_000n;
  for (;;) {
    if (await create(lock, mark)) return;
    if (await isStale(lock, clock)) await takeAway(lock);
    else if (clock.monotonicNs() > untilNs) {
      throw new StorageError(`${lock} is held by another process; remove it if there is none`);
    } else await new Promise<void>((resolve) => void clock.after(retryMs, resolve));
  }
}

async function create(lock: string, mark: string): Promise<boolean> {
  try {
    await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
    const file = await open(lock, "wx", 0o600);
    try {
      await file.writeFile(mark);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST") && (await exists(lock))) return false;
    if (hasCode(error, "EEXIST") && (await exists(dirname(lock)))) return false; // it went away just now
    throw new StorageError(`${lock} cannot be made: ${explainFileError(error)}`, { cause: error });
  }
}

async function isStale(lock: string, clock: Clock): Promise<boolean> {
  const made = await stat(lock).catch(() => undefined);
  // A clock that jumps takes a lock for old, or for one of the future: that is nobody's either.
  return made !== undefined && Math.abs(clock.wallMs() - made.mtimeMs) > staleMs;
}

/** By a name of its own first: of two that want to, one succeeds. */
async function takeAway(lock: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  await rename(lock, aside).catch(() => {});
  await rm(aside, { force: true });
}

async function isHeldBy(lock: string, mark: string): Promise<boolean> {
  return (await readFile(lock, "utf8").catch(() => "")) === mark;
}

async function exists(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
