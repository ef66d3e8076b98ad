import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import { networkOf, type FailureLimits } from "./failures.ts";
import { isSameText, sign } from "./random-words.ts";
import { RecentMap } from "./recent-map.ts";
import type { User, Users } from "./users.ts";

export interface PasswordCheckOptions {
  readonly users: Users;
  readonly failures: FailureLimits;
  readonly clock: Clock;
}

/** Who knows which of the two passwords of an account. */
export interface Recognised {
  readonly user: User;
  readonly byDevicePassword: boolean;
}

interface Kept {
  readonly generation: string;
  readonly untilNs: bigint;
}

const keptNs = 5n * 60n * 1_000_000_000n;
const maxKept = 200;

/**
 * Checks names and passwords. A right login password is remembered for five minutes, as an HMAC under a key of this process,
 * so that a player that asks for picture after picture costs no scrypt. Device passwords are generated and too long to guess:
 * they are not limited, so that nobody's failures stop a recorder.
 */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;
  readonly #key = randomBytes(32);
  readonly #kept = new RecentMap<Kept>(maxKept);
  /** The same password from the same address several times at once is one attempt. */
  readonly #underWay = new Map<string, Promise<User | undefined>>();

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  /** Whose login or device password it is; undefined: nobody's. Throws HttpProblem 429, UnavailableError. */
  async recognise(name: string, password: string, address: string): Promise<Recognised | undefined> {
    const { users } = this.#options;
    const user = users.find(name);
    const devicePassword = user ? users.devicePassword(name) : undefined;
    const isDevice = isSameText(password, devicePassword ?? "");
    if (user && devicePassword !== undefined && isDevice) return { user, byDevicePassword: true };
    const known = await this.logIn(name, password, address);
    return known && { user: known, byDevicePassword: false };
  }

  /** Whose login password it is; undefined: nobody's. Throws HttpProblem 429, UnavailableError. */
  logIn(name: string, password: string, address: string): Promise<User | undefined> {
    // Remembered for those who have shown it: elsewhere a right guess would be told from a wrong one for nothing.
    const hash = sign(this.#key, JSON.stringify([networkOf(address), name, password]));
    const user = this.#options.users.find(name);
    const kept = this.#kept.get(hash);
    if (user && kept?.generation === user.generation && this.#nowNs() < kept.untilNs) return Promise.resolve(user);
    const key = `${address} ${hash}`;
    const check = this.#underWay.get(key) ?? this.#attempt(name, password, address, hash);
    this.#underWay.set(key, check);
    return check.finally(() => this.#underWay.delete(key));
  }

  async #attempt(name: string, password: string, address: string, hash: string): Promise<User | undefined> {
    const { users, failures } = this.#options;
    refuseWhileWaiting(failures, address, name);
    const before = users.find(name)?.generation;
    let isRight: boolean;
    try {
      isRight = await users.isPassword(name, password);
    } catch (error) {
      failures.payBack(address, name);
      throw error;
    }
    const user = users.find(name);
    if (!isRight || !user || user.generation !== before) return undefined;
    failures.succeeded(address, name);
    this.#kept.set(hash, { generation: user.generation, untilNs: this.#nowNs() + keptNs });
    return user;
  }

  #nowNs(): bigint {
    return this.#options.clock.monotonicNs();
  }
}

/** Pays for one attempt. Throws HttpProblem 429 with Retry-After where there were too many. */
export function refuseWhileWaiting(failures: FailureLimits, address: string, name: string): void {
  const seconds = failures.attempt(address, name);
  if (seconds === 0) return;
  throw new HttpProblem(429, `too many wrong passwords: try again in ${seconds} s`, {
    headers: { "Retry-After": String(seconds) },
  });
}
