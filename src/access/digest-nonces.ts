import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";

/** What a request did with a nonce: counted (RFC 7616 `nc`), or, without `qop`, its whole response. */
export type NonceUse = { readonly nonceCount: number } | { readonly response: string };

const timeBytes = 6;
const bodyBytes = 16;
const macBytes = 16;
const lifeMs = 5 * 60_000;
/** Players open connections side by side: their counts may come in another order, as packets do (RFC 4303 section 3.4.3). */
const windowSize = 64;
const maxNonces = 4_096;
const maxResponses = windowSize;

interface Used {
  readonly issuedMs: number;
  highest: number;
  /** Bit n: the count `highest - n` was there. */
  window: bigint;
  readonly responses: Set<string>;
}

/**
 * Nonces that need no memory until they are used: the time on the monotonic clock, random bytes and an HMAC. They are good
 * for five minutes, in this process. Of those that were used we know the counts, so that a request counts once.
 */
export class DigestNonces {
  readonly #clock: Clock;
  readonly #key: Buffer;
  readonly #used = new Map<string, Used>();
  /** Nonces from this time or before are stale: their counts are forgotten. */
  #forgottenMs = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#key = randomBytes(32);
  }

  /** How many used nonces are remembered. */
  get size(): number {
    return this.#used.size;
  }

  /** A new nonce, 43 characters of base64url. */
  create(): string {
    const body = randomBytes(bodyBytes);
    body.writeUIntBE(this.#nowMs(), 0, timeBytes);
    return Buffer.concat([body, this.#mac(body)]).toString("base64url");
  }

  /**
   * Uses up what a request with a right response says of its nonce. False: the nonce is not ours, too old, or was used like
   * this before; the client may try again with a new one (`stale=true`).
   */
  use(nonce: string, use: NonceUse): boolean {
    const issuedMs = this.#read(nonce);
    if (issuedMs === undefined || issuedMs <= this.#forgottenMs || this.#nowMs() - issuedMs > lifeMs) return false;
    this.#forgetOld();
    const known = this.#used.get(nonce) ?? { issuedMs, highest: 0, window: 0n, responses: new Set() };
    if (!("nonceCount" in use ? countOnce(known, use.nonceCount) : respondOnce(known, use.response))) return false;
    this.#used.set(nonce, known);
    this.#makeRoom();
    return true;
  }

  #read(nonce: string): number | undefined {
    if (!/^[A-Za-z0-9_-]{43}$/.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, "base64url");
    const body = bytes.subarray(0, bodyBytes);
    const isOurs = timingSafeEqual(bytes.subarray(bodyBytes), this.#mac(body)) && bytes.toString("base64url") === nonce;
    return isOurs ? body.readUIntBE(0, timeBytes) : undefined;
  }

  #forgetOld(): void {
    for (const [nonce, { issuedMs }] of this.#used) {
      if (this.#nowMs() - issuedMs <= lifeMs) return;
      this.#used.delete(nonce);
    }
  }

  #makeRoom(): void {
    for (const [nonce, { issuedMs }] of this.#used) {
      if (this.#used.size <= maxNonces) return;
      this.#used.delete(nonce);
      this.#forgottenMs = Math.max(this.#forgottenMs, issuedMs);
    }
  }

  #mac(body: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(body).digest().subarray(0, macBytes);
  }

  #nowMs(): number {
    return Number(this.#clock.monotonicNs() / 1_000_000n);
  }
}

function countOnce(used: Used, count: number): boolean {
  if (count > used.highest) {
    const step = count - used.highest;
    const kept = step >= windowSize ? 0n : BigInt.asUintN(windowSize, used.window << BigInt(step));
    used.window = kept | 1n;
    used.highest = count;
    return true;
  }
  const age = used.highest - count;
  if (age >= windowSize) return false;
  const bit = 1n << BigInt(age);
  if ((used.window & bit) !== 0n) return false;
  used.window |= bit;
  return true;
}

function respondOnce({ responses }: Used, response: string): boolean {
  if (responses.has(response) || responses.size >= maxResponses) return false;
  responses.add(response);
  return true;
}
