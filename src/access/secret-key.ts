import { hkdfSync, randomBytes } from "node:crypto";
import { chmod, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { explainFileError, isAbsent } from "../store/file-errors.ts";
import { withFileLock } from "../store/file-lock.ts";
import { replaceFile } from "../store/replace-file.ts";

/** What a key made from the secret is for: one is never used as another. */
export type KeyPurpose = "session" | "csrf" | "signed-url" | "device-password" | "generation" | "cookie-name";

const sizeBytes = 32;

/**
 * The server's own secret, `dataDir`/secret.key: 32 random bytes as base64url, made once, for its owner alone. Who has it can
 * make sessions and read device passwords; who removes it ends all sessions and signed addresses, and loses those passwords.
 */
export class SecretKey {
  readonly path: string;
  readonly #clock: Clock;
  readonly #keys = new Map<KeyPurpose, Buffer>();
  #secret: Buffer | undefined;

  constructor(directory: string, clock: Clock) {
    this.path = join(directory, "secret.key");
    this.#clock = clock;
  }

  /** Reads the key, or makes it. Throws StorageError; a file that holds no key stays as it is. */
  async load(): Promise<void> {
    const secret = (await this.#read()) ?? (await withFileLock(this.path, this.#clock, () => this.#make()));
    this.#use(secret);
  }

  /** As {@link load}, but goes on with a key that lasts until the process ends when there is no other. */
  async loadOrDoWithout(log: Log): Promise<void> {
    try {
      await this.load();
      await closeToOthers(this.path, log);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.error(
        { file: this.path },
        `${error.message}. Sessions end at the next restart, and device passwords are not known`,
      );
      this.#use(randomBytes(sizeBytes));
    }
  }

  /** The key for one purpose (HKDF-SHA-256, RFC 5869), 32 bytes. */
  derive(purpose: KeyPurpose): Buffer {
    const known = this.#keys.get(purpose);
    if (known) return known;
    if (!this.#secret) throw new Error("the secret key is not loaded yet");
    const key = Buffer.from(hkdfSync("sha256", this.#secret, "sightline", purpose, sizeBytes));
    this.#keys.set(purpose, key);
    return key;
  }

  #use(secret: Buffer): void {
    this.#secret = secret;
    this.#keys.clear();
  }

  async #make(): Promise<Buffer> {
    const made = await this.#read(); // by another process, a moment ago
    if (made) return made;
    const secret = randomBytes(sizeBytes);
    try {
      await replaceFile(this.path, `${secret.toString("base64url")}\n`);
    } catch (error) {
      throw new StorageError(`${this.path} cannot be written: ${explainFileError(error)}`, { cause: error });
    }
    return secret;
  }

  async #read(): Promise<Buffer | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw new StorageError(`${this.path} cannot be read: ${explainFileError(error)}`, { cause: error });
    }
    const secret = parseSecretKey(text);
    if (!secret) throw new StorageError(`${this.path} holds no key: remove it, and a new one is made`);
    return secret;
  }
}

/** The key in the text of the file; undefined where there is none. */
export function parseSecretKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]{43}\r?\n?$/.test(text)) return undefined;
  return Buffer.from(text.trimEnd(), "base64url");
}

/** Takes a secret file's rights from everybody but its owner, and says so: somebody may have read it. */
export async function closeToOthers(path: string, log: Log): Promise<void> {
  try {
    if (((await stat(path)).mode & 0o077) === 0) return;
    await chmod(path, 0o600);
    log.warn({ file: path }, `${path} was open to other users of this machine; now it is not`);
  } catch (error) {
    log.warn({ file: path }, `${path} cannot be closed to other users of this machine: ${explainFileError(error)}`);
  }
}
