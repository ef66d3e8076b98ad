import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { Turns, type Asker } from "./turns.ts";

/** What scrypt (RFC 7914) may cost: N = 2^logCost, blocks of 128 * blockSize bytes, `parallel` times. */
export interface ScryptCost {
  readonly logCost: number;
  readonly blockSize: number;
  readonly parallel: number;
}

/** A verifier: cost, salt and the hash of a password. */
export interface ScryptHash extends ScryptCost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 32 MB for each check: as hard as N = 2^17, p = 1 in OWASP's table, and possible on a small board. */
const usualCost: ScryptCost = { logCost: 15, blockSize: 8, parallel: 3 };
/** Verifiers of others must not cost more than this. */
const maxMemoryBytes = 256 * 1024 * 1024;
const maxWork = 2 ** 22;
const maxPasswordBytes = 1024;

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Reads a PHC string, `$scrypt$ln=15,r=8,p=3$SALT$HASH`; undefined where it is none, or too weak or too costly. */
export function parseScryptHash(text: string): ScryptHash | undefined {
  const match = phc.exec(text);
  if (!match) return undefined;
  const [logCost = 0, blockSize = 0, parallel = 0] = match.slice(1, 4).map(Number);
  const isAllowed =
    logCost >= 10 &&
    logCost <= 20 &&
    blockSize >= 1 &&
    parallel >= 1 &&
    memoryOf({ logCost, blockSize, parallel }) <= maxMemoryBytes &&
    2 ** logCost * blockSize * parallel <= maxWork;
  const salt = Buffer.from(match[4] ?? "", "base64");
  const hash = Buffer.from(match[5] ?? "", "base64");
  const parsed = { logCost, blockSize, parallel, salt, hash };
  // One spelling for each value: no leading zeros, no stray bits.
  return isAllowed && formatScryptHash(parsed) === text ? parsed : undefined;
}

/** The PHC string of a verifier. */
export function formatScryptHash({ logCost, blockSize, parallel, salt, hash }: ScryptHash): string {
  return `$scrypt$ln=${logCost},r=${blockSize},p=${parallel}$${toBase64(salt)}$${toBase64(hash)}`;
}

/** A processor is left to the cameras where there is more than one, whoever guesses passwords. */
const usuallyAtOnce = Math.max(1, Math.min(2, availableParallelism() - 1));
/** What we hash ourselves, for a command or an admin. */
const own: Asker = { rank: "own", who: "" };

/** Hashes and checks passwords, at most `atOnce` at a time; others wait for their {@link Turns}, or get PasswordsBusyError. */
export class PasswordHasher {
  readonly #cost: ScryptCost;
  readonly #turns: Turns;
  /** Compared with where there is no such user: takes as long, and never fits. */
  readonly #nobody: ScryptHash;

  constructor(cost: ScryptCost = usualCost, atOnce = usuallyAtOnce) {
    this.#cost = cost;
    this.#turns = new Turns(atOnce);
    this.#nobody = { ...cost, salt: randomBytes(16), hash: randomBytes(32) };
  }

  /** A new verifier as PHC string. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    return formatScryptHash({
      ...this.#cost,
      salt,
      hash: await this.#derive(own, password, { ...this.#cost, salt }, 32),
    });
  }

  /** Whether it is the password of this verifier (a PHC string). Without one: false, after the same time. */
  async verify(password: string, verifier: string | undefined, asker = own): Promise<boolean> {
    const known = verifier === undefined ? undefined : parseScryptHash(verifier);
    const expected = known ?? this.#nobody;
    const isTooLong = Buffer.byteLength(password) > maxPasswordBytes;
    const hash = await this.#derive(asker, isTooLong ? "" : password, expected, expected.hash.length);
    return timingSafeEqual(hash, expected.hash) && known !== undefined && !isTooLong;
  }

  async #derive(
    asker: Asker,
    password: string,
    cost: ScryptCost & { readonly salt: Buffer },
    sizeBytes: number,
  ): Promise<Buffer> {
    await this.#turns.take(asker);
    try {
      return await derive(password, cost, sizeBytes);
    } finally {
      this.#turns.end();
    }
  }
}

/** The same characters, however a keyboard composes them, are the same password (RFC 8265 section 4.2). */
function derive(
  password: string,
  { logCost, blockSize, parallel, salt }: ScryptCost & { readonly salt: Buffer },
  sizeBytes: number,
): Promise<Buffer> {
  const options = {
    N: 2 ** logCost,
    r: blockSize,
    p: parallel,
    maxmem: memoryOf({ logCost, blockSize, parallel }) + 1024 * 1024,
  };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, sizeBytes, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function memoryOf({ logCost, blockSize, parallel }: ScryptCost): number {
  return 128 * blockSize * (2 ** logCost + parallel);
}

function toBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
