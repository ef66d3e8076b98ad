import type { Clock } from "../../../src/core/clock.ts";
import { Availability } from "./availability.ts";
import { findComplaint } from "./find-complaint.ts";
import { type JsonObject, decodeUtf8, isJsonObject, parseJson } from "./json.ts";
import { type EntityState, readEvent, stateReaders } from "./state-readers.ts";
import { matchesFilter } from "./topics.ts";
import { renderTemplate } from "./value-template.ts";

const stateTopicKeys = ["state_topic", "topic", "image_topic", "url_topic"];

/** One entity: its configuration, and what the messages on its topics made of it. */
export class MqttEntity {
  readonly availability = new Availability();
  state: EntityState = null;
  attributes: JsonObject = {};
  /** Newest picture of a camera or an image. */
  image: Buffer | undefined = undefined;
  /** Messages taken on the state topic; for an image, how often HA would say it was updated. */
  updates = 0;
  readonly platform: string;
  readonly #clock: Clock;
  readonly #replayed = new Set<string>();
  #config: JsonObject;
  #isExpired = false;
  #cancelExpiry = (): void => {};
  #cancelOffDelay = (): void => {};

  constructor(platform: string, config: JsonObject, clock: Clock) {
    this.platform = platform;
    this.#clock = clock;
    this.#config = config;
    this.configure(config);
  }

  /** As at creation and, for a changed message, later: the state is kept, `expire_after` starts anew. */
  configure(config: JsonObject): void {
    this.stopTimers();
    this.#config = config;
    this.availability.configure(config);
    this.#isExpired = Number(config["expire_after"] ?? 0) > 0;
  }

  get config(): JsonObject {
    return this.#config;
  }

  get isAvailable(): boolean {
    return this.availability.isAvailable && !this.#isExpired;
  }

  /** Topic filters it listens to. */
  get filters(): readonly string[] {
    return [...this.#stateFilters, ...this.#attributeFilters, ...this.availability.topics];
  }

  /**
   * Takes a message on any topic and returns what HA logs about it. `retain` is for what the broker kept and sends to a
   * new subscriber: that counts once for each topic.
   */
  receive(topic: string, payload: Buffer, retain: boolean): readonly string[] {
    if (retain && this.#replayed.has(topic)) return [];
    if (retain) this.#replayed.add(topic);
    const matches = (filters: readonly string[]): boolean => filters.some((filter) => matchesFilter(filter, topic));
    const readers = [
      this.availability.topics.includes(topic) && (() => this.availability.receive(topic, decodeUtf8(payload))),
      matches(this.#attributeFilters) && (() => this.#readAttributes(decodeUtf8(payload))),
      matches(this.#stateFilters) && (() => this.#readState(payload, retain)),
    ];
    // Each use of a message fails by itself.
    return readers.flatMap((read) => (read ? findComplaint(read) : []));
  }

  /** After a new connection to the broker kept messages count again. */
  forgetReplayed(): void {
    this.#replayed.clear();
  }

  stopTimers(): void {
    this.#cancelExpiry();
    this.#cancelOffDelay();
  }

  get #stateFilters(): readonly string[] {
    return stateTopicKeys.map((key) => this.#config[key]).filter((topic) => typeof topic === "string");
  }

  get #attributeFilters(): readonly string[] {
    const topic = this.#config["json_attributes_topic"];
    return typeof topic === "string" ? [topic] : [];
  }

  #readState(payload: Buffer, retain: boolean): void {
    if (this.platform === "camera" || "image_topic" in this.#config) return this.#readImage(payload);
    if (this.platform === "event" && retain) return;
    this.#restartExpiry();
    const text = this.#render(decodeUtf8(payload));
    if (this.platform === "event") return this.#readEvent(text);
    const state = (stateReaders.get(this.platform) ?? ((_, value) => value))(this.#config, text);
    if (state === undefined) return;
    this.state = state;
    this.updates += 1;
    this.#restartOffDelay();
  }

  #render(payload: string): string {
    const template = this.#config["value_template"] ?? this.#config["url_template"];
    return typeof template === "string" ? renderTemplate(template, payload) : payload;
  }

  #readImage(payload: Buffer): void {
    this.image = this.#config["image_encoding"] === "b64" ? Buffer.from(payload.toString(), "base64") : payload;
    this.updates += 1;
    if (this.platform === "image") this.state = this.#now();
  }

  #readEvent(payload: string): void {
    const event = readEvent(this.#config, payload);
    if (event === undefined) return;
    this.attributes = event;
    this.state = this.#now();
    this.updates += 1;
  }

  #readAttributes(payload: string): void {
    const attributes = parseJson(payload);
    if (!isJsonObject(attributes)) throw new Error(`attributes are not a JSON object: ${payload}`);
    this.attributes = attributes;
  }

  #restartExpiry(): void {
    const seconds = Number(this.#config["expire_after"] ?? 0);
    if (seconds <= 0) return;
    this.#cancelExpiry();
    this.#isExpired = false;
    this.#cancelExpiry = this.#clock.after(seconds * 1000, () => (this.#isExpired = true));
  }

  #restartOffDelay(): void {
    this.#cancelOffDelay();
    const seconds = this.#config["off_delay"];
    if (typeof seconds !== "number" || this.state !== "on") return;
    this.#cancelOffDelay = this.#clock.after(seconds * 1000, () => (this.state = "off"));
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }
}
