import type { Publisher } from "./message.ts";

/** Retained topics that say how something is: published when that changes, and once more for whoever was not there. */
export class StateTopics {
  readonly #publisher: Publisher;
  readonly #told = new Map<string, string>();

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** Publishes `value` unless the topic says so already. Objects go as JSON. */
  tell(topic: string, value: string | object): void {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (this.#told.get(topic) === text) return;
    this.#told.set(topic, text);
    this.#publish(topic, text);
  }

  /** Everything once more. */
  repeat(): void {
    for (const [topic, text] of this.#told) this.#publish(topic, text);
  }

  /** The broker may have forgotten everything: what is told from now on is news. */
  forget(): void {
    this.#told.clear();
  }

  #publish(topic: string, payload: string): void {
    this.#publisher.publish({ topic, payload, qos: 1, retain: true });
  }
}
