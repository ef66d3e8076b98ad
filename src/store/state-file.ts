import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import { explainFileError } from "./file-errors.ts";
import { replaceFile } from "./replace-file.ts";

/** What Sightline remembers across restarts: JSON values by the name of their section. */
export interface StateStore {
  /** A copy of what was set last; undefined when nothing was. Written by hand perhaps: check what comes back. */
  get(section: string): unknown;
  /** Keeps a copy of `value`; undefined forgets the section. */
  set(section: string, value: unknown): void;
}

export interface StateFileOptions {
  /** `dataDir`: made when there is something to write. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Puts a file in place whole or not at all. Default: on this machine's disk. */
  readonly write?: (path: string, text: string) => Promise<void>;
}

/** Changes within this time are one write. */
const gatherMs = 500;
/** What stopping may take, however slow the disk is. */
const stopWithinMs = 3_000;

/**
 * The sections in `state.json`. A change is there at once and on the disk half a second later; what is there already is
 * not written again. A file that cannot be read or written is a warning: Sightline goes on without.
 */
export class StateFile implements StateStore, Service {
  readonly #options: StateFileOptions;
  readonly #path: string;
  readonly #write: (path: string, text: string) => Promise<void>;
  /** JSON of each section: nobody shares an object with us. */
  readonly #sections = new Map<string, string>();
  #onDisk = toText(new Map());
  #isRunning = false;
  #complaint: string | undefined;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: StateFileOptions) {
    this.#options = options;
    this.#path = join(options.directory, "state.json");
    this.#write = options.write ?? replaceFile;
  }

  /** Reads the file; what was set before stays. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    const kept = await this.#read();
    this.#onDisk = toText(kept);
    for (const [section, json] of kept) if (!this.#sections.has(section)) this.#sections.set(section, json);
    this.#isRunning = true;
    this.#schedule();
  }

  /** Writes what is not written yet, within a deadline. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let cancel = (): void => {};
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(stopWithinMs, () => {
        this.#complain(`${this.#path} is not written: the disk takes too long`);
        resolve();
      });
    });
    await Promise.race([this.flush(), deadline]);
    cancel();
  }

  get(section: string): unknown {
    const json = this.#sections.get(section);
    return json === undefined ? undefined : JSON.parse(json);
  }

  set(section: string, value: unknown): void {
    if (value === undefined) this.#sections.delete(section);
    else this.#sections.set(section, JSON.stringify(value));
    this.#schedule();
  }

  /** Writes now what is not written yet. One writer at a time: who comes while one is at work writes after it. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#isWritten()) return;
    this.#writing = this.#save();
    await this.#writing;
  }

  #schedule(): void {
    if (!this.#isRunning || this.#cancelTimer || this.#isWritten()) return;
    this.#cancelTimer = this.#options.clock.after(gatherMs, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  #isWritten(): boolean {
    return toText(this.#sections) === this.#onDisk;
  }

  async #save(): Promise<void> {
    const text = toText(this.#sections);
    try {
      await this.#write(this.#path, text);
      this.#onDisk = text;
      this.#complaint = undefined;
    } catch (error) {
      this.#complain(`${this.#path} cannot be written: ${explainFileError(error)}. What was set is lost at a restart`);
    } finally {
      this.#writing = undefined;
    }
  }

  #complain(message: string): void {
    if (message !== this.#complaint) this.#options.log.warn({ file: this.#path }, message);
    this.#complaint = message;
  }

  async #read(): Promise<Map<string, string>> {
    try {
      return parseSections(await readFile(this.#path, "utf8"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
      const start = `${this.#path} cannot be used: ${explainFileError(error)}`;
      this.#options.log.warn({ file: this.#path }, `${start}. ${await this.#putAside()}`);
      return new Map();
    }
  }

  async #putAside(): Promise<string> {
    try {
      await rename(this.#path, `${this.#path}.bad`);
      return `It is kept as ${this.#path}.bad, and nothing is remembered`;
    } catch {
      return "Nothing is remembered";
    }
  }
}

function parseSections(text: string): Map<string, string> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("not an object");
  return new Map(Object.entries(value).map(([section, content]) => [section, JSON.stringify(content)]));
}

/** Indented: it is there to be read. */
function toText(sections: ReadonlyMap<string, string>): string {
  const whole = Object.fromEntries([...sections].map(([section, json]) => [section, JSON.parse(json) as unknown]));
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}
