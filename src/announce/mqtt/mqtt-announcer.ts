import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import { ProtocolError } from "../../core/errors.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import { FrameWaiter } from "../../hub/frame-waiter.ts";
import type { StateStore } from "../../store/state-file.ts";
import { CameraAnnouncer, type AnnouncerTools } from "./camera-announcer.ts";
import { DeviceAnnouncer } from "./discovery/device-announcer.ts";
import { describeBridgeDevice, type BridgeIdentity } from "./discovery/device-config.ts";
import { Housekeeping, type Kept } from "./housekeeping.ts";
import type { IncomingMessage } from "./message.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { parseCommand } from "./parse-command.ts";
import type { CameraPorts } from "./ports.ts";
import { RetainedMessages, type RetainedSource } from "./retained-messages.ts";
import { discoveredObject, markerTopic, type Place } from "./retained-topics.ts";
import { StateTopics } from "./state-topics.ts";
import { bridgeObject, bridgeTopics, discoveryTopic } from "./topics.ts";

export interface MqttAnnouncerOptions {
  readonly config: Config["mqtt"];
  readonly bridge: Omit<BridgeIdentity, "url" | "baseTopic">;
  /** The connection; whoever owns it tells us what comes. */
  readonly link: RetainedSource;
  readonly ports: CameraPorts;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1: spreads the answers to Home Assistant's birth message. */
  readonly random?: () => number;
}

/** Home Assistant's own default, whatever its discovery prefix is. */
const usualBirthTopic = "homeassistant/status";
/** A camera that does not say in time what controls it has is announced without them; they follow. */
const controlsWithinMs = 3_000;

/** Everything that Sightline says by MQTT and is told by it; works on any number of connections, one after the other. */
export class MqttAnnouncer implements Service {
  readonly #options: MqttAnnouncerOptions;
  readonly #place: Place;
  readonly #cameras = new Map<string, CameraAnnouncer>();
  readonly #starting = new Set<Promise<void>>();
  readonly #tools: AnnouncerTools;
  readonly #bridgeDevice: DeviceAnnouncer;
  readonly #bridgeStates: StateTopics;
  readonly #retained: RetainedMessages;
  readonly #house: Housekeeping;
  readonly #startedAt: string;
  #leaveRegistry: (() => void) | undefined;
  #cancelBirth: (() => void) | undefined;
  /** Counts connections: what began on one must not go on on the next. */
  #connection = 0;
  #isConnected = false;

  constructor(options: MqttAnnouncerOptions) {
    const { config, link, clock, bridge, ports } = options;
    this.#options = options;
    this.#place = { base: config.baseTopic, prefix: config.discoveryPrefix, bridgeId: bridge.id };
    this.#tools = {
      ...options,
      publisher: link,
      bridge: () => this.#identity,
      waiter: new FrameWaiter(clock, {}, "brief"),
      turns: new OneAtATime(),
      ports,
    };
    const topic = discoveryTopic(config.discoveryPrefix, bridge.id, bridgeObject);
    this.#bridgeDevice = new DeviceAnnouncer({ topic, publisher: link, clock });
    this.#bridgeStates = new StateTopics(link);
    this.#retained = new RetainedMessages(link, markerTopic(config.baseTopic), clock);
    this.#house = new Housekeeping({ ...options, place: this.#place, publisher: link, keepsAbsent: ports.keepsAbsent });
    this.#startedAt = new Date(clock.wallMs()).toISOString();
  }

  /** Follows the cameras from now on. */
  async start(): Promise<void> {
    const { registry } = this.#options.ports;
    this.#leaveRegistry = registry.onChange((change, feed) => {
      if (change === "added") this.#add(feed);
      else this.#remove(feed);
      this.#tellBridge();
    });
    for (const feed of registry.list()) this.#add(feed);
    await Promise.resolve();
  }

  /** Says that nobody is there any more. The connection is its owner's to close. */
  async stop(): Promise<void> {
    this.#leaveRegistry?.();
    if (this.#isConnected) this.#bridgeStates.tell(bridgeTopics(this.#place.base).status, "offline");
    this.disconnected();
    for (const camera of this.#cameras.values()) camera.stop();
    this.#cameras.clear();
    await Promise.resolve();
  }

  /** There is a connection: cleans up what an earlier run left, and tells everything. Never rejects. */
  async connected(): Promise<void> {
    this.disconnected();
    const connection = ++this.#connection;
    const { config, link, clock } = this.#options;
    const { filters } = this.#house;
    const own = [discoveryTopic(this.#place.prefix, this.#place.bridgeId, "+")];
    const listening = [...bridgeTopics(this.#place.base).commands, ...this.#birthTopics, ...own];
    const [found] = await Promise.all([
      this.#retained.collect(filters),
      link.subscribe(listening),
      within(controlsWithinMs, clock, Promise.all(this.#starting)),
    ]);
    if (connection !== this.#connection) return;
    link.unsubscribe([...filters.filter((filter) => !listening.includes(filter)), markerTopic(config.baseTopic)]);
    this.#isConnected = true;
    this.#cleanUp(found);
    this.#bridgeStates.forget();
    if (config.discovery) {
      this.#bridgeDevice.want(describeBridgeDevice(this.#identity));
      this.#bridgeDevice.connected();
    }
    for (const camera of this.#cameras.values()) camera.connected();
    this.#tellBridge();
    this.#bridgeStates.tell(bridgeTopics(this.#place.base).status, "online");
  }

  /** The connection is gone, or about to go. */
  disconnected(): void {
    this.#connection += 1;
    this.#isConnected = false;
    this.#retained.abort();
    this.#cancelBirth?.();
    this.#bridgeDevice.disconnected();
    for (const camera of this.#cameras.values()) camera.disconnected();
  }

  /** Something came from the broker. */
  message(message: IncomingMessage): void {
    const { log } = this.#options;
    if (this.#retained.offer(message)) return;
    if (this.#birthTopics.includes(message.topic)) {
      if (!message.retain && message.payload.toString() === "online") this.#birth();
      return;
    }
    const object = discoveredObject(this.#place, message.topic);
    if (object !== undefined) {
      if (message.payload.length === 0) this.#wasRemoved(object);
      return;
    }
    try {
      this.#command(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn({}, `MQTT command refused: ${message.topic}: ${error.message}`);
    }
  }

  get #identity(): BridgeIdentity {
    const { bridge, ports, config } = this.#options;
    return { ...bridge, url: ports.url(), baseTopic: config.baseTopic };
  }

  get #birthTopics(): readonly string[] {
    return [...new Set([usualBirthTopic, `${this.#place.prefix}/status`])];
  }

  #add(feed: CameraFeed): void {
    const camera = new CameraAnnouncer(feed, this.#tools);
    this.#cameras.set(feed.id, camera);
    this.#house.seen([feed.id]);
    const started = camera.start().catch((error: unknown) => {
      this.#options.log.error({ err: error, camera: feed.id }, "the camera's controls cannot be told by MQTT");
    });
    this.#starting.add(started);
    void started.then(() => {
      this.#starting.delete(started);
      if (this.#isConnected && this.#cameras.get(feed.id) === camera) camera.connected();
    });
  }

  #remove(feed: CameraFeed): void {
    const camera = this.#cameras.get(feed.id);
    this.#cameras.delete(feed.id);
    const mayComeBack = this.#house.mayComeBack(feed.id);
    if (mayComeBack) camera?.tellOffline();
    camera?.stop();
    if (!mayComeBack && this.#isConnected) this.#house.remove(feed.id);
  }

  /** What an earlier run left with the broker: what was announced of cameras that are there is known. */
  #cleanUp(found: Kept): void {
    const { config } = this.#options;
    this.#house.cleanUp(found, (id) => this.#cameras.has(id));
    for (const [topic, payload] of found) {
      const object = discoveredObject(this.#place, topic);
      if (object === undefined) continue;
      if (!config.discovery) this.#house.empty([topic]);
      else if (object === bridgeObject) this.#bridgeDevice.learn(payload);
      else this.#cameras.get(object)?.learn(payload);
    }
  }

  #birth(): void {
    const { clock, log, random = Math.random } = this.#options;
    log.info({}, "Home Assistant has started: everything is told again");
    this.#cancelBirth?.();
    this.#cancelBirth = clock.after(1_000 + random() * 4_000, () => {
      if (!this.#isConnected) return;
      if (this.#options.config.discovery) {
        this.#bridgeDevice.want(describeBridgeDevice(this.#identity));
        this.#bridgeDevice.resend();
      }
      this.#bridgeStates.repeat();
      for (const camera of this.#cameras.values()) camera.repeat();
    });
  }

  /** Home Assistant empties the topic when somebody deletes the device there; so does whoever clears the broker. */
  #wasRemoved(object: string): void {
    if (!this.#options.config.discovery) return;
    if (!this.#cameras.has(object) && object !== bridgeObject) {
      this.#house.forget(object);
      return;
    }
    this.#options.log.info(
      { camera: object },
      "the device was deleted from the MQTT broker; it comes back when Home Assistant or Sightline starts again",
    );
  }

  #command(message: IncomingMessage): void {
    const parsed = parseCommand(this.#place.base, message.topic, message.payload);
    if (!parsed) return;
    // It may be of any age, and comes again with every connection.
    if (message.retain) throw new ProtocolError("commands that the broker keeps (retain) are ignored");
    const camera = this.#cameras.get(parsed.cameraId);
    if (!camera) throw new ProtocolError(`there is no camera ${JSON.stringify(parsed.cameraId)}`);
    camera.run(parsed.command, message);
  }

  #tellBridge(): void {
    if (!this.#isConnected) return;
    const { id, hostName, version, url } = this.#identity;
    this.#bridgeStates.tell(bridgeTopics(this.#place.base).bridge, {
      id,
      version,
      host: hostName,
      url: url ?? null,
      cameras: this.#cameras.size,
      started: this.#startedAt,
    });
  }
}

/** Resolves when `work` is done, or after `ms`. */
function within(ms: number, clock: Clock, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.finally(() => {
      cancel();
      resolve();
    });
  });
}
