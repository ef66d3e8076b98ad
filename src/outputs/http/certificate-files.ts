import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../../core/clock.ts";
import { ConfigError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";

/** Where the certificate of a server is, PEM both. */
export interface CertificatePlace {
  /** The chain: our own certificate first. */
  readonly cert: string;
  readonly key: string;
}

/** How often the files are looked at: ACME clients replace them without telling us. */
const POLL_MS = 10_000;

/** A certificate that can be used, and what to say of it. */
interface Pair {
  readonly context: SecureContextOptions;
  readonly facts: { readonly names: string; readonly until: string; readonly fingerprint: string };
  readonly untilMs: number;
}

/** A server's certificate and key, read again whenever one of the files changes. */
export class CertificateFiles {
  readonly #place: CertificatePlace;
  readonly #clock: Clock;
  readonly #log: Log;
  #stamp = "";
  #complaint: string | undefined;
  #cancel: (() => void) | undefined;

  constructor(place: CertificatePlace, clock: Clock, log: Log) {
    this.#place = place;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads them for the first time. Throws ConfigError where they are of no use. */
  async read(): Promise<SecureContextOptions> {
    this.#stamp = await this.#look();
    try {
      return this.#accept(await readPair(this.#place));
    } catch (error) {
      throw error instanceof UselessFile ? error.toConfigError() : error;
    }
  }

  /** Calls `use` with every new pair from now on; a pair of no use is told once, and the one before stays in use. */
  follow(use: (context: SecureContextOptions) => void): void {
    this.#cancel = this.#clock.after(POLL_MS, () => {
      void this.#poll(use).then(() => {
        if (this.#cancel) this.follow(use);
      });
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #poll(use: (context: SecureContextOptions) => void): Promise<void> {
    const stamp = await this.#look();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      use(this.#accept(await readPair(this.#place)));
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  #accept({ context, facts, untilMs }: Pair): SecureContextOptions {
    this.#complaint = undefined;
    if (untilMs < this.#clock.wallMs())
      this.#log.warn(facts, `the certificate ${this.#place.cert} has expired: clients will refuse it`);
    else this.#log.info(facts, `HTTPS with the certificate ${this.#place.cert}`);
    return context;
  }

  #complain(message: string): void {
    if (message !== this.#complaint) this.#log.warn({}, `${message}; the certificate before it stays in use`);
    this.#complaint = message;
  }

  /** What changes with the files: a link that leads elsewhere counts, a missing file too. */
  async #look(): Promise<string> {
    const looks = [this.#place.cert, this.#place.key].map(async (file) => {
      const found = await stat(file).catch(() => undefined);
      return found ? `${found.dev} ${found.ino} ${found.size} ${found.mtimeMs}` : "none";
    });
    return (await Promise.all(looks)).join(" ");
  }
}

/** A file that cannot be used, in words that never hold any of its content. */
class UselessFile extends Error {
  readonly #key: "cert" | "key";
  readonly #file: string;
  readonly #why: string;

  constructor(key: "cert" | "key", file: string, why: string) {
    super(`${file} ${why}`);
    this.#key = key;
    this.#file = file;
    this.#why = why;
  }

  toConfigError(): ConfigError {
    return new ConfigError([{ key: `server.https.${this.#key}`, value: this.#file, allowed: this.#why }]);
  }
}

async function readPair({ cert: certFile, key: keyFile }: CertificatePlace): Promise<Pair> {
  const cert = await readPem("cert", certFile);
  const key = await readPem("key", keyFile);
  const own = attempt("cert", certFile, "is no certificate (PEM)", () => new X509Certificate(cert));
  const privateKey = attempt("key", keyFile, "is no private key without a passphrase (PEM)", () =>
    createPrivateKey(key),
  );
  if (!own.checkPrivateKey(privateKey)) throw new UselessFile("key", keyFile, `does not belong to ${certFile}`);
  const context = { cert, key };
  attempt("cert", certFile, "cannot be used for TLS", () => createSecureContext(context));
  const until = new Date(own.validTo);
  return {
    context,
    facts: {
      names: own.subjectAltName ?? own.subject,
      until: until.toISOString(),
      fingerprint: own.fingerprint256,
    },
    untilMs: until.getTime(),
  };
}

async function readPem(key: "cert" | "key", file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UselessFile(key, file, `cannot be read (${code})`);
  }
}

function attempt<T>(key: "cert" | "key", file: string, why: string, act: () => T): T {
  try {
    return act();
  } catch {
    throw new UselessFile(key, file, why);
  }
}
