import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { StateStore } from "../store/state-file.ts";
import { isSameText, sign } from "./random-words.ts";
import { RecentMap } from "./recent-map.ts";
import type { SecretKey } from "./secret-key.ts";
import { clockToleranceSeconds, nowSeconds } from "./time.ts";
import type { User } from "./users.ts";

/** What a session cookie says. Times are seconds since 1970. */
export interface Session {
  /** Random, 22 characters of base64url; the same after a renewal. */
  readonly id: string;
  readonly user: string;
  readonly generation: string;
  /** When they logged in. */
  readonly issued: number;
  readonly expires: number;
}

export interface SessionsOptions {
  readonly key: SecretKey;
  readonly clock: Clock;
  readonly store: StateStore;
  readonly findUser: (name: string) => User | undefined;
}

/** A session ends this long after its last renewal… */
export const sessionSeconds = 30 * 86_400;
/** …and this long after the login whatever happens. */
const longestSeconds = 365 * 86_400;
const section = "revoked";
const maxRevoked = 10_000;
const maxRenewed = 10_000;
const cookiePattern = /^v1((?:\.[A-Za-z0-9_-]+){5})\.([A-Za-z0-9_-]{43})$/;

/**
 * Sessions that need no memory: the cookie says all and is signed. Logged-out ones are remembered until they would have
 * ended. A clock that was set back keeps every session; one that was wrong at the login may end it early.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  /** Ends of those that were renewed since we started, by id: what was opened with an older cookie goes on until then. */
  readonly #renewed = new RecentMap<number>(maxRenewed);
  readonly #listeners = new Set<() => void>();
  #revoked: Map<string, number> | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** A new session of this user. */
  create({ name, generation }: User): Session {
    const issued = nowSeconds(this.#options.clock);
    const id = randomBytes(16).toString("base64url");
    return { id, user: name, generation, issued, expires: issued + sessionSeconds };
  }

  /** The same session for longer, where half of its time has gone; else undefined. */
  renew(session: Session): Session | undefined {
    const now = nowSeconds(this.#options.clock);
    const expires = Math.min(now + sessionSeconds, session.issued + longestSeconds);
    const isHalfGone = session.expires - now < sessionSeconds / 2;
    if (!isHalfGone || expires <= session.expires) return undefined;
    this.#renewed.set(session.id, expires);
    return { ...session, expires };
  }

  /** The session in a cookie's value; undefined when we did not make it, or it has ended. */
  read(value: string): Session | undefined {
    const session = parseSession(this.#options.key.derive("session"), value);
    if (!session || nowSeconds(this.#options.clock) > session.expires + clockToleranceSeconds) return undefined;
    const user = this.#options.findUser(session.user);
    if (!user || !isSameText(user.generation, session.generation)) return undefined;
    return this.#revokedIds().has(session.id) ? undefined : session;
  }

  /** When a session whose cookie says `expires` ends, for all that we know; undefined: it was logged out. */
  expiresOf(id: string, expires: number): number | undefined {
    return this.#revokedIds().has(id) ? undefined : Math.max(expires, this.#renewed.get(id) ?? 0);
  }

  /** Calls `listener` after each logout; the returned function ends that. */
  onRevoked(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The value of the cookie. */
  format(session: Session): string {
    return formatSession(this.#options.key.derive("session"), session);
  }

  /** What a page of this session must send along with every change. */
  csrfToken({ id }: Session): string {
    return sign(this.#options.key.derive("csrf"), id);
  }

  /** Ends a session. */
  revoke({ id, issued, expires }: Session): void {
    const revoked = this.#revokedIds();
    // There may be a copy that was renewed since.
    revoked.set(id, Math.max(expires, issued + longestSeconds));
    const now = nowSeconds(this.#options.clock);
    for (const [old, until] of revoked) {
      if (until + clockToleranceSeconds < now || revoked.size > maxRevoked) revoked.delete(old);
    }
    this.#options.store.set(section, Object.fromEntries(revoked));
    for (const listener of this.#listeners) listener();
  }

  #revokedIds(): Map<string, number> {
    return (this.#revoked ??= readRevoked(this.#options.store.get(section)));
  }
}

function formatSession(key: Buffer, { id, user, generation, issued, expires }: Session): string {
  const body = ["v1", id, Buffer.from(user, "utf8").toString("base64url"), generation, issued, expires].join(".");
  return `${body}.${sign(key, body)}`;
}

function parseSession(key: Buffer, value: string): Session | undefined {
  if (value.length > 2048 || !cookiePattern.test(value)) return undefined;
  const at = value.lastIndexOf(".");
  if (!isSameText(sign(key, value.slice(0, at)), value.slice(at + 1))) return undefined;
  const [, id = "", name = "", generation = "", issued, expires] = value.split(".");
  const user = Buffer.from(name, "base64url").toString("utf8");
  return { id, user, generation, issued: Number(issued), expires: Number(expires) };
}

function readRevoked(kept: unknown): Map<string, number> {
  if (typeof kept !== "object" || kept === null) return new Map();
  return new Map(Object.entries(kept).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}
