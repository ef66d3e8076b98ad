import { isIPv4, isIPv6 } from "node:net";
import type { Clock } from "../core/clock.ts";
import { hashToken } from "./random-words.ts";
import { RecentMap } from "./recent-map.ts";

/** So many failures at once, and another one after each interval. */
interface Allowance {
  readonly burst: number;
  readonly intervalMs: number;
}

/** One person who mistypes. */
const perPair: Allowance = { burst: 5, intervalMs: 60_000 };
/** One machine that tries many names. */
const perAddress: Allowance = { burst: 20, intervalMs: 15_000 };
/** Many machines that try one name: more than one machine alone can use up. */
const perUser: Allowance = { burst: 60, intervalMs: 10_000 };

const maxKeys = 10_000;
const maxUsersRemembered = 1_000;
const maxAddressesRemembered = 16;

/**
 * Counts passwords that were wrong, by address (IPv6: by /64) and name together, by address and by name, each as a bucket
 * that fills again. An attempt is paid before it is made, so that many at once do not slip through, and paid back when it was
 * right. Where a user has logged in from before, the attempts of others against that name do not count.
 */
export class FailureLimits {
  readonly #clock: Clock;
  /** Of each key, the time at which its bucket is full again, ms on the monotonic clock. */
  readonly #fullAt = new RecentMap<number>(3 * maxKeys);
  readonly #addresses = new RecentMap<RecentMap<true>>(maxUsersRemembered);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many buckets there are. */
  get size(): number {
    return this.#fullAt.size;
  }

  /** Pays for an attempt. 0: it may be made; else how many seconds to wait. */
  attempt(address: string, user: string): number {
    const nowMs = this.#nowMs();
    const buckets = this.#bucketsOf(address, user);
    const waitMs = Math.max(...buckets.map(({ key, allowance }) => this.#waitMs(key, allowance, nowMs)));
    if (waitMs > 0) return Math.ceil(waitMs / 1000);
    for (const { key, allowance } of buckets) {
      this.#fullAt.set(key, Math.max(this.#fullAt.get(key) ?? 0, nowMs) + allowance.intervalMs);
    }
    return 0;
  }

  /** The attempt was right: it is paid back, and the address is remembered. */
  succeeded(address: string, user: string): void {
    this.payBack(address, user);
    this.#fullAt.delete(pairKey(address, user));
    const known = this.#addresses.get(user) ?? new RecentMap<true>(maxAddressesRemembered);
    known.set(networkOf(address), true);
    this.#addresses.set(user, known);
  }

  /** Whether the user has logged in from there, lately. */
  isKnown(address: string, user: string): boolean {
    return this.#addresses.get(user)?.get(networkOf(address)) === true;
  }

  /** The attempt was not made after all. */
  payBack(address: string, user: string): void {
    for (const { key, allowance } of this.#bucketsOf(address, user)) {
      const fullAt = this.#fullAt.get(key);
      if (fullAt !== undefined) this.#fullAt.set(key, fullAt - allowance.intervalMs);
    }
  }

  #bucketsOf(address: string, user: string): { readonly key: string; readonly allowance: Allowance }[] {
    const network = networkOf(address);
    return [
      { key: pairKey(address, user), allowance: perPair },
      { key: `address ${network}`, allowance: perAddress },
      ...(this.isKnown(address, user) ? [] : [{ key: `user ${shortName(user)}`, allowance: perUser }]),
    ];
  }

  #waitMs(key: string, { burst, intervalMs }: Allowance, nowMs: number): number {
    return (this.#fullAt.get(key) ?? 0) - nowMs - (burst - 1) * intervalMs;
  }

  #nowMs(): number {
    return Number(this.#clock.monotonicNs() / 1_000_000n);
  }
}

function pairKey(address: string, user: string): string {
  return `pair ${networkOf(address)} ${shortName(user)}`;
}

/** Names come from outside, of any length. */
function shortName(name: string): string {
  return name.length > 64 ? hashToken(name) : name;
}

/**
 * What one client has: an IPv4 address, or the /64 of an IPv6 one, of which a household has all; but link-local and private
 * (fc00::/7) addresses each by themselves: neighbours share their prefix.
 */
export function networkOf(address: string): string {
  const plain = toPlain(address);
  return isIPv6(plain) && /^f(?:[cd][0-9a-f]{2}|e[89ab][0-9a-f]):/i.test(plain)
    ? plain.toLowerCase()
    : neighbourhoodOf(plain);
}

/** The same, but every IPv6 address by its /64: one host can take as many link-local and private addresses as it likes. */
export function neighbourhoodOf(address: string): string {
  const plain = toPlain(address);
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain)) return "unknown";
  const [head = "", tail] = plain.toLowerCase().split("::");
  const groupsOf = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const after = groupsOf(tail ?? "");
  const written = groupsOf(head).length + after.length + (plain.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - written) }, () => "0");
  const groups = [...groupsOf(head), ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

/** Without a zone; an IPv4 address in an IPv6 one as itself. */
function toPlain(address: string): string {
  return address.replace(/%.*$/s, "").replace(/^::ffff:(?=\d+\.)/i, "");
}
