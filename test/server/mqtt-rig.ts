import type { TestContext } from "node:test";
import type { LinkListener } from "../../src/announce/mqtt/mqtt-link.ts";
import { MqttLink } from "../../src/announce/mqtt/mqtt-link.ts";
import type { IncomingMessage } from "../../src/announce/mqtt/message.ts";
import type { CameraPorts } from "../../src/announce/mqtt/ports.ts";
import type { Config } from "../../src/config/schema.ts";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { createMqttService, type MqttService } from "../../src/mqtt-service.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import type { StateStore } from "../../src/store/state-file.ts";
import { fitJpeg } from "../../src/transcode/fit-jpeg.ts";
import { until } from "../support/wait.ts";
import { ClockedCamera, fakePorts, RecordingLog, type FakePorts } from "../unit/announce/mqtt/mqtt-fakes.ts";

export type MqttConfig = Config["mqtt"];

const usual: MqttConfig = {
  baseTopic: "sightline",
  discovery: true,
  discoveryPrefix: "homeassistant",
  preview: { intervalSeconds: 2, idleSeconds: 60, maxWidth: 1280, retain: false },
};

/** A link alone, with what it told and logged. */
export class LinkRig {
  readonly log = new RecordingLog();
  readonly link: MqttLink;
  readonly received: IncomingMessage[] = [];
  connections = 0;
  disconnections = 0;
  failures = 0;
  /** Called on each connection. */
  onConnected: () => void = () => {};

  constructor(url: string, settings: Partial<MqttConfig> = {}, clock: Clock = systemClock) {
    this.link = new MqttLink({
      config: { ...usual, url, ...settings },
      clientId: "sightline-test",
      statusTopic: "sightline/status",
      clock,
      log: this.log,
      random: () => 0,
    });
    const listener: LinkListener = {
      connected: () => {
        this.connections += 1;
        this.onConnected();
      },
      disconnected: () => (this.disconnections += 1),
      failed: () => (this.failures += 1),
      message: (message) => void this.received.push(message),
    };
    this.link.listen(listener);
  }

  /** A link that has been started, and stops with the test. */
  static async start(t: TestContext, ...options: ConstructorParameters<typeof LinkRig>): Promise<LinkRig> {
    const rig = new LinkRig(...options);
    t.after(() => rig.link.stop());
    await rig.link.start();
    return rig;
  }

  async connected(withinMs = 10_000): Promise<this> {
    await until(() => this.link.status.state === "connected", `a connection (${this.log.lines.join("; ")})`, withinMs);
    return this;
  }

  async said(words: string): Promise<this> {
    await until(() => this.log.with(words).length > 0, `"${words}" in the log: ${this.log.lines.join("; ")}`);
    return this;
  }
}

export interface ServiceOptions {
  readonly settings?: Partial<MqttConfig>;
  readonly ports?: Partial<CameraPorts>;
  readonly cameras?: readonly string[];
  readonly clock?: Clock;
  readonly store?: StateStore;
}

/** Everything by MQTT, over cameras of the test's. */
export class ServiceRig {
  readonly log = new RecordingLog();
  readonly clock: Clock;
  readonly store: StateStore;
  readonly cameras: readonly ClockedCamera[];
  readonly ports: FakePorts;
  readonly service: MqttService;

  constructor(url: string, { settings = {}, ports = {}, cameras = ["front"], clock, store }: ServiceOptions = {}) {
    this.clock = clock ?? systemClock;
    this.store = store ?? memoryStore();
    this.cameras = cameras.map((id) => new ClockedCamera(id, this.clock));
    this.ports = fakePorts(this.cameras, { fit: fitJpeg, ...ports });
    this.service = createMqttService({
      config: { ...usual, url, ...settings },
      bridgeId: "ab12cd34ef56",
      version: "1.0.0",
      ports: this.ports,
      store: this.store,
      clock: this.clock,
      log: this.log,
      random: () => 0,
    });
  }

  /** One that has been started, and stops with the test. */
  static async start(t: TestContext, ...options: ConstructorParameters<typeof ServiceRig>): Promise<ServiceRig> {
    const rig = new ServiceRig(...options);
    t.after(() => rig.service.stop());
    await rig.service.start();
    return rig;
  }

  get front(): ClockedCamera {
    const [first] = this.cameras;
    if (!first) throw new Error("there is no camera");
    return first;
  }
}
