import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { ProtocolError, StorageError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import { explainFileError, isAbsent } from "../store/file-errors.ts";
import { withFileLock } from "../store/file-lock.ts";
import { replaceFile } from "../store/replace-file.ts";
import { closeToOthers } from "./secret-key.ts";
import { formatUsersDocument, noUsers, parseUsersDocument, type UsersDocument } from "./user-records.ts";

export interface UserFileOptions {
  /** `dataDir`: made when there is something to write. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where there is no file and none can be written, accounts last until the process ends. Default: changes are refused. */
  readonly canDoWithout?: boolean;
}

/** What became of the document. */
export interface DocumentChange {
  readonly before: UsersDocument;
  readonly after: UsersDocument;
  /** This process made it; else another one did. */
  readonly isOwn: boolean;
}

type ChangeListener = (change: DocumentChange) => void;

/** How soon a change by another process (`sightline user …`, an editor) is seen. */
const pollMs = 2_000;

/**
 * `dataDir`/users.json: accounts, device passwords, tokens and login links, for its owner alone. What another process changes
 * is there two seconds later, or when somebody is about to be refused ({@link lookAgain}). A file that cannot be read is never written over: what was read last stays in force, and
 * changes are refused until it is mended or moved away.
 */
export class UserFile implements Service {
  readonly path: string;
  readonly #options: UserFileOptions;
  readonly #listeners = new Set<ChangeListener>();
  #document = noUsers;
  /** Identity of the file that {@link document} is from. */
  #version = "";
  #complaint: string | undefined;
  #isInMemory = false;
  #updates: Promise<unknown> = Promise.resolve();
  /** The look that has not begun yet. */
  #nextLook: Promise<void> | undefined;
  #isRunning = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: UserFileOptions) {
    this.#options = options;
    this.path = join(options.directory, "users.json");
  }

  /** What was read last; the same object until the file changes. */
  get document(): UsersDocument {
    return this.#document;
  }

  /** Calls `listener` after each change of {@link document}; the returned function ends that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Whether the file is there but cannot be used. */
  get isBroken(): boolean {
    return this.#complaint !== undefined;
  }

  /** Reads the file and watches it from now on. A file that cannot be used is an error in the log. */
  async start(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    await this.#poll();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await this.#updates;
  }

  /** Reads the file now. Throws StorageError where it cannot be used; none at all is an empty one. */
  async read(): Promise<UsersDocument> {
    const version = await this.#look();
    try {
      this.#replace(version === "" ? noUsers : parseUsersDocument(await readFile(this.path, "utf8")));
    } catch (error) {
      const reason = error instanceof ProtocolError ? error.message : explainFileError(error);
      throw new StorageError(`${this.path} cannot be used: ${reason}`, { cause: error });
    }
    this.#version = version;
    this.#complaint = undefined;
    return this.#document;
  }

  /**
   * Whether another process has changed the file since it was last looked at; it is read then. For whoever is about to refuse
   * somebody: what a command made works at once. One look at a time, which all share who come before it begins.
   */
  async lookAgain(): Promise<boolean> {
    const before = this.#document;
    if (!this.#isRunning) return false;
    this.#nextLook ??= this.#updates.then(() => {
      this.#nextLook = undefined;
      return this.#refresh();
    });
    this.#updates = this.#nextLook;
    await this.#nextLook;
    return this.#document !== before;
  }

  /**
   * Changes what the file says now, one change after the other, also between processes. The very same document back: nothing
   * is written. What `change` throws goes to the caller; so does a StorageError when the disk refuses.
   */
  update(change: (document: UsersDocument) => UsersDocument): Promise<void> {
    const done = this.#updates.then(() => this.#changeOnDisk(change));
    this.#updates = done.catch(() => {});
    return done;
  }

  async #changeOnDisk(change: (document: UsersDocument) => UsersDocument): Promise<void> {
    try {
      await withFileLock(this.path, this.#options.clock, () => this.#change(change));
    } catch (error) {
      const hasNoFile = this.#version === "" && !this.isBroken;
      if (!(error instanceof StorageError) || !hasNoFile || this.#options.canDoWithout !== true) throw error;
      this.#replace(change(this.#document), true);
      if (!this.#isInMemory)
        this.#options.log.warn({ err: error }, "accounts cannot be kept: they last until Sightline ends");
      this.#isInMemory = true;
    }
  }

  async #change(change: (document: UsersDocument) => UsersDocument): Promise<void> {
    const before = this.#isInMemory ? this.#document : await this.read();
    const after = change(before);
    if (after === before) return;
    try {
      await replaceFile(this.path, formatUsersDocument(after));
    } catch (error) {
      throw new StorageError(`${this.path} cannot be written: ${explainFileError(error)}`, { cause: error });
    }
    this.#replace(after, true);
    this.#isInMemory = false;
    this.#version = await this.#look();
  }

  /** In line with the changes: what was read before one must not come after it. */
  async #poll(): Promise<void> {
    this.#updates = this.#updates.then(() => this.#refresh());
    await this.#updates;
    if (!this.#isRunning) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(pollMs, () => void this.#poll());
  }

  async #refresh(): Promise<void> {
    try {
      if ((await this.#look()) === this.#version) return;
      await this.read();
      if (this.#version !== "") await closeToOthers(this.path, this.#options.log);
    } catch (error) {
      this.#complain(error instanceof StorageError ? error.message : explainFileError(error));
    }
  }

  #replace(document: UsersDocument, isOwn = false): void {
    const before = this.#document;
    if (document === before) return;
    this.#document = document;
    for (const listener of this.#listeners) listener({ before, after: document, isOwn });
  }

  #complain(message: string): void {
    if (message !== this.#complaint) {
      this.#options.log.error(
        { file: this.path },
        `${message}. Until it is mended, what was read from it before stays in force`,
      );
    }
    this.#complaint = message;
  }

  /** Which file stands there: another one after each change. Empty: none. */
  async #look(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.path);
      return `${ino} ${size} ${mtimeMs}`;
    } catch (error) {
      if (isAbsent(error)) return "";
      throw new StorageError(`${this.path} cannot be used: ${explainFileError(error)}`, { cause: error });
    }
  }
}
