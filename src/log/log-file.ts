import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { RollingStream } from "pino-roll";
import { systemClock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import { closeDeadlineMs, maxBufferedBytes, type LogOutput } from "./log-output.ts";

/** Which file, when the next one is begun, how many stay. */
export interface LogFileOptions {
  readonly file: string;
  readonly maxBytes: number;
  readonly backups: number;
  /** Told once for every run of failures why lines are lost. */
  readonly onError: (reason: string) => void;
}

/**
 * Opens a rotating log file: `sightline.log` is written as `sightline.1.log`, `sightline.2.log`, …, each up to about
 * `maxBytes`; the newest `backups` full ones stay, for a while one more. Makes its directory. Throws StorageError.
 */
export async function openLogFile({ file, maxBytes, backups, onError }: LogFileOptions): Promise<LogOutput> {
  return new LogFile(await open(file, maxBytes, backups), onError);
}

class LogFile implements LogOutput {
  readonly isTerminal = false;
  readonly #stream: RollingStream;
  /**
   * Lines that came while the ones before were being written. The stream begins a new file only in a moment without
   * work, which a flood of lines written straight to it would never leave.
   */
  #waiting = "";
  #isBusy = false;
  #isFailing = false;
  #closed: Promise<void> | undefined;

  constructor(stream: RollingStream, onError: (reason: string) => void) {
    this.#stream = stream;
    stream.on("drain", () => {
      this.#isFailing = false;
      this.#isBusy = false;
      // After the stream's own listeners, one of which begins the new file.
      setImmediate(() => this.#next());
    });
    stream.on("error", (error: unknown) => {
      if (!this.#isFailing) onError(reasonOf(error));
      this.#isFailing = true;
    });
  }

  write(line: string): void {
    if (this.#closed || this.#waiting.length + line.length > maxBufferedBytes) return;
    this.#waiting += line;
    this.#next();
  }

  flush(): void {
    if (!this.#closed) this.#hand();
    flushNow(this.#stream);
  }

  close(): Promise<void> {
    if (!this.#closed) this.#hand();
    return (this.#closed ??= endInTime(this.#stream));
  }

  #next(): void {
    if (!this.#isBusy && !this.#closed) this.#hand();
  }

  #hand(): void {
    if (this.#waiting === "") return;
    this.#isBusy = true;
    this.#stream.write(this.#waiting);
    this.#waiting = "";
  }
}

function flushNow(stream: RollingStream): void {
  try {
    stream.flushSync();
  } catch {
    // The error is reported by the event that comes with it.
  }
}

function endInTime(stream: RollingStream): Promise<void> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(closeDeadlineMs, resolve);
    stream.once("close", () => {
      cancel();
      resolve();
    });
    stream.end();
  });
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

async function open(file: string, maxBytes: number, backups: number): Promise<RollingStream> {
  try {
    const { default: openRolling } = await import("pino-roll");
    await makeDirectory(dirname(file));
    const stream = await openRolling({
      file,
      size: `${maxBytes}b`,
      // Counted while the new file is being made: it may be among them or not.
      limit: { count: backups + 1, removeOtherLogFiles: true },
      sync: false,
      maxLength: maxBufferedBytes,
    });
    await once(stream, "ready");
    return stream;
  } catch (error) {
    throw new StorageError(`the log file ${file} cannot be opened: ${reasonOf(error)}`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its directory cannot be made: the one above is not there",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is not a directory",
  EISDIR: "it is a directory",
  EEXIST: "a part of its path is not a directory",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return reasons[code] ?? error.message;
}
