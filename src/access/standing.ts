import type { Clock } from "../core/clock.ts";
import { permissionsOf, type Credential, type Principal } from "./principal.ts";
import type { Sessions } from "./sessions.ts";
import { clockToleranceSeconds } from "./time.ts";
import type { Tokens } from "./tokens.ts";
import type { UserFile } from "./user-file.ts";
import type { User, Users } from "./users.ts";

export interface StandingOptions {
  readonly file: UserFile;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly clock: Clock;
}

/** Whether what somebody came by still stands: for what goes on after it was opened, such as a stream. */
export class Standing {
  readonly #options: StandingOptions;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /**
   * How long they may go on, by the wall clock as it is now; 0: no longer, for what they came by has ended, or their user may
   * not do any more what they were let in for; Infinity: until something changes.
   */
  remainingMs(principal: Principal): number {
    const { name, credential, means } = principal;
    if (means === "open") return Infinity;
    const user = this.#options.users.find(name);
    if (!user || !credential || !coversAll(user, principal)) return 0;
    const expires = this.#expiresOf(user, credential);
    if (expires === undefined) return 0;
    return Math.max(0, (expires + clockToleranceSeconds + 1) * 1000 - this.#options.clock.wallMs());
  }

  /** Calls `listener` whenever something may have ended before its time; the returned function ends that. */
  onChange(listener: () => void): () => void {
    const { file, sessions } = this.#options;
    const ends = [file.onChange(listener), sessions.onRevoked(listener)];
    return () => ends.forEach((end) => end());
  }

  /** Seconds since 1970, Infinity included; undefined: it has ended before its time. */
  #expiresOf(user: User, credential: Credential): number | undefined {
    const { users, tokens, sessions } = this.#options;
    const { kind, id, generation = user.generation, expires = Infinity } = credential;
    if (generation !== user.generation) return undefined;
    switch (kind) {
      case "login-password":
        return id === user.generation ? expires : undefined;
      case "device-password":
        return id === users.deviceGeneration(user.name) ? expires : undefined;
      case "session":
        return sessions.expiresOf(id, expires);
      case "token": {
        const record = tokens.list().find((token) => token.id === id && token.user === user.name);
        return record && Math.min(expires, record.expires ?? Infinity);
      }
    }
  }
}

/** Whether the user may do all that the principal was let in for, with all of its cameras. */
function coversAll(user: User, { permissions, cameras }: Principal): boolean {
  const own = permissionsOf(user.role);
  if ([...permissions].some((permission) => !own.has(permission))) return false;
  const { cameras: theirs } = user;
  return theirs === undefined || cameras?.every((id) => theirs.includes(id)) === true;
}
