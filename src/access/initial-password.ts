import { rm } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../core/errors.ts";
import { explainFileError } from "../store/file-errors.ts";
import { replaceFile } from "../store/replace-file.ts";

/** `dataDir`/initial-admin-password: what the admin of the first start logs in with, until they choose another one. */
export class InitialPassword {
  readonly path: string;

  constructor(directory: string) {
    this.path = join(directory, "initial-admin-password");
  }

  /** Throws StorageError. */
  async write(password: string): Promise<void> {
    await this.#try("written", replaceFile(this.path, `${password}\n`));
  }

  /** Throws StorageError. */
  async remove(): Promise<void> {
    await this.#try("removed", rm(this.path, { force: true }));
  }

  async #try(what: string, done: Promise<void>): Promise<void> {
    try {
      await done;
    } catch (error) {
      throw new StorageError(`${this.path} cannot be ${what}: ${explainFileError(error)}`, { cause: error });
    }
  }
}
