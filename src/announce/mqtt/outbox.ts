import { payloadBytes, type OutgoingMessage } from "./message.ts";

/** How much an {@link Outbox} holds before it gives something up. */
export interface OutboxBounds {
  /** Events that wait; states are bounded by the number of topics. */
  readonly events: number;
  /** All that waits. */
  readonly sizeBytes: number;
}

/** What an {@link Outbox} did so far. */
export interface OutboxCounts {
  sent: number;
  /** Given up because a newer one of the same topic came first. */
  replaced: number;
  /** Given up for lack of room. */
  dropped: number;
}

/**
 * What waits for the broker. A broker that takes its time costs no memory: of each topic only the newest message waits, and
 * of the events only so many.
 */
export class Outbox {
  readonly counts: OutboxCounts = { sent: 0, replaced: 0, dropped: 0 };
  /** Messages under way at once. */
  maxInFlight = 1;
  readonly #bounds: OutboxBounds;
  readonly #send: (message: OutgoingMessage) => Promise<void>;
  /** In the order in which they go out. States have their topic as key, events a number. */
  readonly #waiting = new Map<string | number, OutgoingMessage>();
  #lastEvent = 0;
  #waitingEvents = 0;
  #sizeBytes = 0;
  #inFlight = 0;
  #emptied: (() => void)[] = [];

  /** `send` rejects when the connection is gone; then everything that waits is given up by {@link clear}. */
  constructor(bounds: OutboxBounds, send: (message: OutgoingMessage) => Promise<void>) {
    this.#bounds = bounds;
    this.#send = send;
  }

  /** Messages that wait or are under way. */
  get length(): number {
    return this.#waiting.size + this.#inFlight;
  }

  /** Bytes of the payloads that wait. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  put(message: OutgoingMessage): void {
    const key = message.isEvent ? ++this.#lastEvent : message.topic;
    if (this.#take(key)) this.counts.replaced += 1;
    this.#waiting.set(key, message);
    this.#sizeBytes += payloadBytes(message.payload);
    if (message.isEvent) this.#waitingEvents += 1;
    this.#makeRoom();
    this.#pump();
  }

  /** Gives up all that waits: whoever is connected next is told everything anew. */
  clear(): void {
    this.#waiting.clear();
    this.#waitingEvents = 0;
    this.#sizeBytes = 0;
    this.#tellEmpty();
  }

  /** Resolves when nothing waits or is under way. */
  flushed(): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  #tellEmpty(): void {
    if (this.length > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #take(key: string | number): OutgoingMessage | undefined {
    const message = this.#waiting.get(key);
    if (!message) return undefined;
    this.#waiting.delete(key);
    this.#sizeBytes -= payloadBytes(message.payload);
    if (message.isEvent) this.#waitingEvents -= 1;
    return message;
  }

  #makeRoom(): void {
    const { events, sizeBytes } = this.#bounds;
    if (this.#waitingEvents > events) this.#giveUp((message) => message.isEvent === true);
    while (this.#sizeBytes > sizeBytes && this.#waiting.size > 1) {
      // Another picture comes soon; a state that was told is not told again.
      if (!this.#giveUp((message) => message.qos === 0)) this.#giveUp(() => true);
    }
  }

  /** The oldest such message, but never the one that came last; false where there is none. */
  #giveUp(isCandidate: (message: OutgoingMessage) => boolean): boolean {
    const oldest = [...this.#waiting].slice(0, -1).find(([, message]) => isCandidate(message));
    if (!oldest || !this.#take(oldest[0])) return false;
    this.counts.dropped += 1;
    return true;
  }

  #pump(): void {
    while (this.#inFlight < this.maxInFlight) {
      const [key] = this.#waiting.keys();
      if (key === undefined) return;
      const message = this.#take(key);
      if (message) void this.#deliver(message);
    }
  }

  async #deliver(message: OutgoingMessage): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#send(message);
      this.counts.sent += 1;
    } catch {
      this.counts.dropped += 1; // whoever sends has told why
    } finally {
      this.#inFlight -= 1;
    }
    this.#pump();
    this.#tellEmpty();
  }
}
