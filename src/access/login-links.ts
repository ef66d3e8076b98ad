import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { hashToken } from "./random-words.ts";
import { nowSeconds } from "./time.ts";
import type { UserFile } from "./user-file.ts";

export interface LoginLinksOptions {
  readonly file: UserFile;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a login link is good for. */
export const loginLinkSeconds = 15 * 60;
const maxLinks = 20;

/**
 * Links that log a user in once, within 15 minutes. Those of this process are timed by its monotonic clock: a machine that
 * learns the time of day after its start does not end them.
 */
export class LoginLinks {
  readonly #options: LoginLinksOptions;
  /** Deadlines of our own links on the monotonic clock, by hash. */
  readonly #deadlines = new Map<string, bigint>();
  readonly #used = new Set<string>();

  constructor(options: LoginLinksOptions) {
    this.#options = options;
  }

  /** The token of a new link, 43 characters of base64url. Throws StorageError. */
  async create(user: string): Promise<string> {
    const token = randomBytes(32).toString("base64url");
    const { file, clock } = this.#options;
    const hash = hashToken(token);
    this.#deadlines.set(hash, clock.monotonicNs() + BigInt(loginLinkSeconds) * 1_000_000_000n);
    const now = nowSeconds(clock);
    await file.update((document) => {
      const kept = document.loginLinks.filter((link) => link.expires >= now).slice(1 - maxLinks);
      return { ...document, loginLinks: [...kept, { user, expires: now + loginLinkSeconds, hash }] };
    });
    return token;
  }

  /** Uses a link up: the user's name; undefined where there is no such link (any more). */
  async consume(token: string): Promise<string | undefined> {
    const { file, log } = this.#options;
    const hash = hashToken(token);
    const find = () => file.document.loginLinks.find((other) => other.hash === hash);
    const link = find() ?? ((await file.lookAgain()) ? find() : undefined);
    if (!link || this.#used.has(hash) || this.#isOver(hash, link.expires)) return undefined;
    this.#used.add(hash);
    let isOurs = true;
    try {
      await file.update((document) => {
        const loginLinks = document.loginLinks.filter((other) => other.hash !== hash);
        isOurs = loginLinks.length < document.loginLinks.length;
        return { ...document, loginLinks };
      });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // A full disk must not keep the owner out; in this process the link is used up all the same.
      log.warn({ err: error }, "a login link that was used cannot be taken from the disk");
    }
    return isOurs ? link.user : undefined;
  }

  #isOver(hash: string, expires: number): boolean {
    const deadline = this.#deadlines.get(hash);
    if (deadline !== undefined) return this.#options.clock.monotonicNs() > deadline;
    return nowSeconds(this.#options.clock) > expires;
  }
}
