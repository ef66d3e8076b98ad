import type { Clock } from "../../core/clock.ts";
import type { DnsRecord } from "./records.ts";

/** RFC 6762 §6: a record is multicast once a second at most, to whoever probes for its name four times. */
const ordinaryNs = 1_000_000_000n;
const probeNs = 250_000_000n;

/** How often records are multicast in answer to queries, however many come. */
export class SendLimit {
  readonly #clock: Clock;
  readonly #sentNs = new Map<DnsRecord, bigint>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of the records that may be sent now; they count as sent. */
  take(records: readonly DnsRecord[], isProbe: boolean): readonly DnsRecord[] {
    const nowNs = this.#clock.monotonicNs();
    const due = records.filter((record) => {
      const sentNs = this.#sentNs.get(record);
      return sentNs === undefined || nowNs - sentNs >= (isProbe ? probeNs : ordinaryNs);
    });
    for (const record of due) this.#sentNs.set(record, nowNs);
    return due;
  }

  /** Forgets records that are no longer announced. */
  reset(): void {
    this.#sentNs.clear();
  }
}
