import type { Clock } from "../../../core/clock.ts";
import type { Publisher } from "../message.ts";
import type { Component, DeviceConfig } from "./device-config.ts";
import { parseComponents } from "./parse-discovery.ts";

/**
 * While Home Assistant sets up the components of one message, it skips those of the next: so none follows within this time
 * (fact: its discovery queues a message for a pending component and leaves the loop).
 */
const gapNs = 10_000_000_000n;

export interface DeviceAnnouncerOptions {
  readonly topic: string;
  readonly publisher: Publisher;
  readonly clock: Clock;
  /** A message went out. */
  readonly onSent?: () => void;
}

/** Keeps Home Assistant's picture of one device as it should be: the first message at once, each further one 10 s later. */
export class DeviceAnnouncer {
  readonly #options: DeviceAnnouncerOptions;
  /** What Home Assistant may know, from this run or an earlier one. */
  #known: Readonly<Record<string, Component>> = {};
  #wanted: DeviceConfig | undefined;
  #sentText: string | undefined;
  #sentNs: bigint | undefined;
  #isForced = false;
  #isConnected = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DeviceAnnouncerOptions) {
    this.#options = options;
  }

  /** What was announced last, by this run or an earlier one. */
  get known(): Readonly<Record<string, Component>> {
    return this.#known;
  }

  /** Learns what an earlier run announced. */
  learn(payload: Buffer): void {
    this.#known = { ...parseComponents(payload), ...this.#known };
  }

  /** What the device should be from now on; nothing is sent when it is that already. */
  want(config: DeviceConfig): void {
    this.#wanted = config;
    this.#schedule();
  }

  /** The broker may have forgotten everything. */
  connected(): void {
    this.#isConnected = true;
    this.resend();
  }

  /** Nothing can be sent until {@link connected}. */
  disconnected(): void {
    this.#isConnected = false;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Sends it once more: Home Assistant was started anew. */
  resend(): void {
    this.#isForced = true;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isConnected || !this.#wanted || this.#cancelTimer) return;
    const { clock } = this.#options;
    const waitNs = this.#sentNs === undefined ? 0n : this.#sentNs + gapNs - clock.monotonicNs();
    if (waitNs <= 0n) {
      this.#send(this.#wanted);
      return;
    }
    this.#cancelTimer = clock.after(Number(waitNs / 1_000_000n) + 1, () => {
      this.#cancelTimer = undefined;
      this.#schedule();
    });
  }

  #send(config: DeviceConfig): void {
    const { topic, publisher, clock, onSent } = this.#options;
    // A component that is merely left out stays in Home Assistant: it is named once more, with nothing but its platform. One
    // that changes its platform goes first and comes again with the next message.
    const gone = Object.entries(this.#known)
      .filter(([key, { platform }]) => config.components[key]?.platform !== platform)
      .map(([key, { platform }]) => [key, { platform }] as const);
    const components = { ...config.components, ...Object.fromEntries(gone) };
    const text = JSON.stringify({ ...config, components });
    if (text === this.#sentText && !this.#isForced) return;
    publisher.publish({ topic, payload: text, qos: 1, retain: true, isEvent: gone.length > 0 });
    this.#isForced = false;
    this.#sentText = text;
    this.#sentNs = clock.monotonicNs();
    const goneKeys = new Set(gone.map(([key]) => key));
    this.#known = Object.fromEntries(Object.entries(config.components).filter(([key]) => !goneKeys.has(key)));
    onSent?.();
    if (gone.length > 0) this.#schedule();
  }
}
