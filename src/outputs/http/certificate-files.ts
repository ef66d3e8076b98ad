import { stat } from "node:fs/promises";
import type { SecureContextOptions } from "node:tls";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { readCertificate, UselessCertificate, type Certificate, type CertificatePlace } from "./certificate.ts";

/** How often the files are looked at: ACME clients replace them without telling us. */
const POLL_MS = 10_000;

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
    return this.#accept(await readCertificate(this.#place));
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
      use(this.#accept(await readCertificate(this.#place)));
    } catch (error) {
      this.#complain(error instanceof UselessCertificate ? error.words : String(error));
    }
  }

  #accept({ context, names, until, fingerprint }: Certificate): SecureContextOptions {
    this.#complaint = undefined;
    const facts = { names, until: until.toISOString(), fingerprint };
    if (until.getTime() < this.#clock.wallMs())
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
