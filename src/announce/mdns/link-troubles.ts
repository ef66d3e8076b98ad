import { Backoff } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";

interface Trouble {
  readonly backoff: Backoff;
  message: string;
  /** When it may be tried again. */
  dueNs: bigint;
}

const firstRetryMs = 2_000;
const maxRetryMs = 60_000;
/** A link that works for this long after an attempt has recovered; until then the same trouble is no news. */
const provenAfterNs = 30_000_000_000n;

/** What went wrong on which link: each trouble is logged once, and tried again with growing pauses. */
export class LinkTroubles {
  readonly #troubles = new Map<string, Trouble>();
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** In the words of the link that has trouble longest; undefined when none has. */
  get reason(): string | undefined {
    const [first] = this.#troubles;
    return first && `${first[0]}: ${first[1].message}`;
  }

  failed(link: string, error: Error): void {
    const known = this.#troubles.get(link);
    const trouble = known ?? { backoff: new Backoff(firstRetryMs, maxRetryMs), message: "", dueNs: 0n };
    const isNews = trouble.message !== error.message;
    trouble.message = error.message;
    trouble.dueNs = this.#clock.monotonicNs() + BigInt(trouble.backoff.next()) * 1_000_000n;
    this.#troubles.set(link, trouble);
    const fields = { interface: link, err: error };
    if (isNews) this.#log.warn(fields, `mDNS does not work on ${link}: ${error.message}; it is tried again`);
    else this.#log.debug(fields, "mDNS still does not work");
  }

  isDue(link: string): boolean {
    const trouble = this.#troubles.get(link);
    return trouble === undefined || this.#clock.monotonicNs() >= trouble.dueNs;
  }

  /** It works now. */
  works(link: string): void {
    const trouble = this.#troubles.get(link);
    if (!trouble || this.#clock.monotonicNs() < trouble.dueNs + provenAfterNs) return;
    this.#troubles.delete(link);
    this.#log.info({ interface: link }, `mDNS works on ${link} again`);
  }

  /** Forgets links that are gone. */
  keep(links: readonly string[]): void {
    for (const name of this.#troubles.keys()) if (!links.includes(name)) this.#troubles.delete(name);
  }
}
