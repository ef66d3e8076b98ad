import type { Clock } from "../../core/clock.ts";
import type { IncomingMessage, Publisher } from "./message.ts";

/** What is needed of a connection to read what the broker keeps. */
export interface RetainedSource extends Publisher {
  subscribe(topics: readonly string[]): Promise<void>;
  unsubscribe(topics: readonly string[]): void;
}

/** A broker that does not send our own message back (an access list may forbid it) is not waited for any longer. */
const markerWithinMs = 3_000;

/**
 * Collects what the broker keeps. A message of our own, which comes back after everything that was kept, says when that
 * is complete.
 */
export class RetainedMessages {
  readonly #link: RetainedSource;
  readonly #marker: string;
  readonly #clock: Clock;
  #found: Map<string, Buffer> | undefined;
  #filters: readonly string[] = [];
  #complete: (() => void) | undefined;
  #runs = 0;

  /** `markerTopic`: one that nobody else uses. */
  constructor(link: RetainedSource, markerTopic: string, clock: Clock) {
    this.#link = link;
    this.#marker = markerTopic;
    this.#clock = clock;
  }

  /** All messages kept on topics that fit one of `filters`, by topic. Messages must be given to {@link offer} meanwhile. */
  async collect(filters: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    this.#found = found;
    this.#filters = filters;
    this.#runs += 1;
    const complete = new Promise<void>((resolve) => {
      this.#complete = resolve;
    });
    await this.#link.subscribe([...filters, this.#marker]);
    const cancel = this.#clock.after(markerWithinMs, () => this.#complete?.());
    this.#link.publish({ topic: this.#marker, payload: String(this.#runs), qos: 1, retain: false, isEvent: true });
    await complete;
    cancel();
    if (this.#found === found) this.#found = undefined;
    return found;
  }

  /** The connection is gone: what was found so far is all. */
  abort(): void {
    this.#complete?.();
  }

  /** Whether the message was one that is collected, or the marker. */
  offer({ topic, payload, retain }: IncomingMessage): boolean {
    if (topic === this.#marker) {
      if (payload.toString() === String(this.#runs)) this.#complete?.();
      return true;
    }
    if (!this.#found || !retain || payload.length === 0) return false;
    if (!this.#filters.some((filter) => matchesFilter(filter, topic))) return false;
    this.#found.set(topic, payload);
    return true;
  }
}

/** Whether a message on `topic` is one for a subscription to `filter` (MQTT 5 section 4.7). */
function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const isOpen = wanted.at(-1) === "#";
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  const isLong = isOpen ? levels.length >= fixed.length : levels.length === fixed.length;
  return isLong && fixed.every((level, index) => level === "+" || level === levels[index]);
}
