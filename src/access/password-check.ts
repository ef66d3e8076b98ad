import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { neighbourhoodOf, networkOf, type FailureLimits } from "./failures.ts";
import { TooManyFailuresProblem } from "./password-refusals.ts";
import { isSameText, sign } from "./random-words.ts";
import { RecentMap } from "./recent-map.ts";
import type { Asker } from "./turns.ts";
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

  /** Whose login or device password it is; undefined: nobody's. Throws TooManyFailuresProblem, PasswordsBusyError. */
  async recognise(name: string, password: string, address: string): Promise<Recognised | undefined> {
    const known = this.#findByDevicePassword(name, password) ?? this.#findKept(name, password, address);
    if (known) return known;
    // It may be one that a command has just made.
    const user = (await this.#options.users.lookAgain()) ? this.#findByDevicePassword(name, password) : undefined;
    return user ?? this.#check(name, password, address);
  }

  /** Whose login password it is; undefined: nobody's. Throws TooManyFailuresProblem, PasswordsBusyError. */
  async logIn(name: string, password: string, address: string): Promise<User | undefined> {
    const kept = this.#findKept(name, password, address);
    if (kept) return kept.user;
    await this.#options.users.lookAgain();
    return (await this.#check(name, password, address))?.user;
  }

  #findByDevicePassword(name: string, password: string): Recognised | undefined {
    const { users } = this.#options;
    const user = users.find(name);
    const devicePassword = user ? users.devicePassword(name) : undefined;
    const isRight = isSameText(password, devicePassword ?? "");
    return user && devicePassword !== undefined && isRight ? { user, byDevicePassword: true } : undefined;
  }

  #findKept(name: string, password: string, address: string): Recognised | undefined {
    const user = this.#options.users.find(name);
    const kept = this.#kept.get(this.#hash(name, password, address));
    const isGood = kept?.generation === user?.generation && kept !== undefined && this.#nowNs() < kept.untilNs;
    return user && isGood ? { user, byDevicePassword: false } : undefined;
  }

  async #check(name: string, password: string, address: string): Promise<Recognised | undefined> {
    const hash = this.#hash(name, password, address);
    const key = `${address} ${hash}`;
    const check = this.#underWay.get(key) ?? this.#attempt(name, password, address, hash);
    this.#underWay.set(key, check);
    const user = await check.finally(() => this.#underWay.delete(key));
    return user && { user, byDevicePassword: false };
  }

  /** Remembered for those who have shown it: elsewhere a right guess would be told from a wrong one for nothing. */
  #hash(name: string, password: string, address: string): string {
    return sign(this.#key, JSON.stringify([networkOf(address), name, password]));
  }

  async #attempt(name: string, password: string, address: string, hash: string): Promise<User | undefined> {
    const { users, failures } = this.#options;
    refuseWhileWaiting(failures, address, name);
    const before = users.find(name)?.generation;
    let isRight: boolean;
    try {
      isRight = await users.isPassword(name, password, askerOf(failures, address, name));
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

/** From where a user has logged in before, they wait for nobody but each other: a place to oneself there is not for the asking. */
function askerOf(failures: FailureLimits, address: string, name: string): Asker {
  if (failures.isKnown(address, name)) return { rank: "known", who: networkOf(address) };
  return { rank: "others", who: neighbourhoodOf(address) };
}

/** Pays for one attempt. Throws TooManyFailuresProblem where there were too many. */
function refuseWhileWaiting(failures: FailureLimits, address: string, name: string): void {
  const seconds = failures.attempt(address, name);
  if (seconds > 0) throw new TooManyFailuresProblem(seconds);
}
