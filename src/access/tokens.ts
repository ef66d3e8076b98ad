import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import type { Permission } from "./principal.ts";
import { hashToken } from "./random-words.ts";
import { clockToleranceSeconds, nowSeconds } from "./time.ts";
import type { UserFile } from "./user-file.ts";
import type { TokenRecord, UsersDocument } from "./user-records.ts";

/** What a new token is to be. */
export interface TokenRequest {
  readonly name: string;
  readonly user: string;
  readonly permissions: readonly Permission[];
  readonly cameras?: readonly string[];
  /** Seconds since 1970; absent: never. */
  readonly expires?: number;
}

export interface TokensOptions {
  readonly file: UserFile;
  readonly clock: Clock;
  readonly log: Log;
}

const maxTokensPerUser = 100;
const pattern = /^slt_[A-Za-z0-9_-]{43}$/;

/** Bearer tokens (RFC 6750): `slt_` and 43 characters of base64url. Only their SHA-256 is kept. */
export class Tokens {
  readonly #options: TokensOptions;
  #seen: UsersDocument | undefined;
  #byHash: ReadonlyMap<string, TokenRecord> = new Map();
  /** Day on which the use of a token was last noted, by id. */
  readonly #noted = new Map<string, string>();

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** Makes a token: the only time that it is seen. Throws HttpProblem 409, StorageError. */
  async create(request: TokenRequest): Promise<{ readonly token: string; readonly record: TokenRecord }> {
    const token = `slt_${randomBytes(32).toString("base64url")}`;
    const id = randomBytes(9).toString("base64url");
    const record = { id, ...request, created: nowSeconds(this.#options.clock), hash: hashToken(token) };
    await this.#options.file.update((document) => {
      if (document.tokens.filter(({ user }) => user === request.user).length >= maxTokensPerUser) {
        throw new HttpProblem(409, `${request.user} has ${maxTokensPerUser} tokens already: revoke one first`);
      }
      return { ...document, tokens: [...document.tokens, record] };
    });
    return { token, record };
  }

  list(): readonly TokenRecord[] {
    return this.#options.file.document.tokens;
  }

  /** Ends a token. Throws StorageError. */
  async revoke(id: string): Promise<void> {
    await this.#options.file.update((document) => {
      const tokens = document.tokens.filter((token) => token.id !== id);
      return tokens.length === document.tokens.length ? document : { ...document, tokens };
    });
  }

  /** What is known of this token; undefined where it is none of ours, or has expired. Notes the day. */
  find(token: string): TokenRecord | undefined {
    if (!pattern.test(token)) return undefined;
    const { clock, file } = this.#options;
    if (file.document !== this.#seen) {
      this.#seen = file.document;
      this.#byHash = new Map(file.document.tokens.map((record) => [record.hash, record]));
    }
    // Found by its hash, of which nobody can choose the beginning: the time of the search tells nothing.
    const record = this.#byHash.get(hashToken(token));
    if (!record || (record.expires !== undefined && nowSeconds(clock) > record.expires + clockToleranceSeconds)) {
      return undefined;
    }
    this.#noteUse(record);
    return record;
  }

  #noteUse({ id, lastUsed }: TokenRecord): void {
    const { clock, file, log } = this.#options;
    const day = new Date(clock.wallMs()).toISOString().slice(0, 10);
    if (lastUsed === day || this.#noted.get(id) === day) return;
    this.#noted.set(id, day);
    const note = (document: UsersDocument): UsersDocument => ({
      ...document,
      tokens: document.tokens.map((token) => (token.id === id ? { ...token, lastUsed: day } : token)),
    });
    file.update(note).catch((error: unknown) => log.debug({ err: error }, "the use of a token cannot be noted"));
  }
}
