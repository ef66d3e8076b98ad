import type { MqttAnnouncerOptions } from "../../../../src/announce/mqtt/mqtt-announcer.ts";
import { MqttAnnouncer } from "../../../../src/announce/mqtt/mqtt-announcer.ts";
import { markerTopic } from "../../../../src/announce/mqtt/retained-topics.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { HomeAssistantConsumer } from "../../../support/home-assistant-model/home-assistant-consumer.ts";
import { matchesFilter } from "../../../support/home-assistant-model/topics.ts";
import {
  ClockedCamera,
  control,
  FakeControls,
  fakePorts,
  FakePublisher,
  incoming,
  RecordingLog,
} from "./mqtt-fakes.ts";

export const place = { base: "sightline", prefix: "homeassistant", bridgeId: "ab" };
export const frontConfig = "homeassistant/device/sightline_ab/front/config";
const config: MqttAnnouncerOptions["config"] = {
  url: "mqtt://broker",
  baseTopic: place.base,
  discovery: true,
  discoveryPrefix: place.prefix,
  preview: { intervalSeconds: 2, idleSeconds: 60, maxWidth: 1280, retain: false },
};

/** An announcer on a broker that sends back what we say to ourselves, with a Home Assistant that listens. */
export class AnnouncerRig {
  readonly clock = new FakeClock();
  readonly link = new FakePublisher();
  readonly log = new RecordingLog();
  readonly controls = new FakeControls([control("brightness")]);
  readonly front = new ClockedCamera("front", this.clock);
  readonly home = new HomeAssistantConsumer({
    clock: this.clock,
    pendingMs: 2_000,
    onSubscribe: (filters) => this.#replay(filters),
  });
  readonly ports;
  readonly announcer: MqttAnnouncer;
  readonly store = memoryStore();
  readonly #kept = new Map<string, Buffer>();

  constructor(settings: Partial<typeof config> = {}, overrides: Parameters<typeof fakePorts>[1] = {}) {
    this.front.serveOnDemand();
    this.ports = fakePorts([this.front], { controls: () => this.controls, ...overrides });
    this.announcer = new MqttAnnouncer({
      config: { ...config, ...settings },
      bridge: { id: place.bridgeId, hostName: "box", version: "1.0.0" },
      link: this.link,
      ports: this.ports,
      store: this.store,
      clock: this.clock,
      log: this.log,
      random: () => 0.5,
    });
    this.link.onPublish = (message) => {
      const payload = Buffer.from(message.payload);
      if (message.retain) this.#kept.set(message.topic, payload);
      this.home.receive(message.topic, payload, false);
      if (message.topic !== markerTopic(place.base)) return;
      setImmediate(() => this.announcer.message(incoming(message.topic, payload)));
    };
  }

  /** Connected to a broker that keeps these messages. */
  async connect(kept: Readonly<Record<string, string>> = {}): Promise<void> {
    const connecting = this.announcer.connected();
    for (const [topic, payload] of Object.entries(kept)) {
      this.announcer.message(incoming(topic, payload, { retain: true }));
    }
    await this.clock.advance(0);
    await connecting;
    await settle();
  }

  static async connected(...options: ConstructorParameters<typeof AnnouncerRig>): Promise<AnnouncerRig> {
    const rig = new AnnouncerRig(...options);
    await rig.announcer.start();
    await rig.connect();
    return rig;
  }

  say(topic: string, payload: string, retain = false): void {
    this.announcer.message(incoming(topic, payload, { retain }));
  }

  /** What the broker sends to who subscribes. */
  #replay(filters: readonly string[]): void {
    for (const [topic, payload] of this.#kept) {
      if (filters.some((filter) => matchesFilter(filter, topic))) this.home.receive(topic, payload, true);
    }
  }

  /** On which topics something was sent since this was last asked. */
  topics(): readonly string[] {
    return this.link.take().map(({ topic }) => topic);
  }
}
