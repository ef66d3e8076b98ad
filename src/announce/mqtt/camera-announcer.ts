import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { FrameWaiter } from "../../hub/frame-waiter.ts";
import { CameraReporter } from "./camera-reporter.ts";
import { CommandRunner } from "./command-runner.ts";
import { DeviceAnnouncer } from "./discovery/device-announcer.ts";
import { describeCameraDevice, type BridgeIdentity } from "./discovery/device-config.ts";
import type { IncomingMessage, Publisher } from "./message.ts";
import { MotionReporter } from "./motion-reporter.ts";
import type { OneAtATime } from "./one-at-a-time.ts";
import type { Command } from "./parse-command.ts";
import type { CameraPorts } from "./ports.ts";
import { Preview } from "./preview.ts";
import { Snapshots } from "./snapshots.ts";
import { cameraTopics, discoveryTopic } from "./topics.ts";

/** What all cameras share. */
export interface AnnouncerTools {
  readonly config: Config["mqtt"];
  readonly bridge: () => BridgeIdentity;
  readonly publisher: Publisher;
  readonly ports: CameraPorts;
  /** Its demand is brief. */
  readonly waiter: FrameWaiter;
  readonly turns: OneAtATime;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Home Assistant listens for pictures only when it has set the entity up, and forgets none: pictures that came before are not
 * seen. So the newest one is sent again so long after a discovery message, on quick and on slow machines.
 */
const picturesAgainAfterMs = [3_000, 12_000];

/** One camera, as MQTT shows it and is told what to do with it. */
export class CameraAnnouncer {
  readonly feed: CameraFeed;
  readonly #tools: AnnouncerTools;
  readonly #device: DeviceAnnouncer;
  readonly #reporter: CameraReporter;
  readonly #motion: MotionReporter;
  readonly #preview: Preview;
  readonly #snapshots: Snapshots;
  readonly #commands: CommandRunner;
  readonly #cancelPictures = new Set<() => void>();
  #leaveState: (() => void) | undefined;
  #isConnected = false;
  /** Home Assistant takes every snapshot for a new one: it is sent again only to one that was started anew, and once. */
  #isSnapshotDue = false;

  constructor(feed: CameraFeed, tools: AnnouncerTools) {
    const { config, bridge, publisher, ports, clock } = tools;
    const log = tools.log.child({ camera: feed.id });
    const topics = cameraTopics(config.baseTopic, feed.id);
    const shared = { ...tools, feed, topics, log };
    this.feed = feed;
    this.#tools = tools;
    this.#device = new DeviceAnnouncer({
      topic: discoveryTopic(config.discoveryPrefix, bridge().id, feed.id),
      publisher,
      clock,
      onSent: () => this.#showPicturesAgain(),
    });
    this.#reporter = new CameraReporter({ ...shared, onControls: () => this.#announce() });
    this.#motion = new MotionReporter(shared);
    this.#preview = new Preview({ ...shared, topic: topics.image, settings: config.preview, fit: ports.fit });
    this.#snapshots = new Snapshots({
      ...shared,
      topic: topics.snapshot,
      fit: ports.fit,
      onTaken: (frame) => this.#preview.show(frame),
    });
    this.#commands = new CommandRunner({
      ...shared,
      snapshots: this.#snapshots,
      onControlsRefused: () => this.#reporter.correctControls(),
    });
  }

  /** Watches the camera from now on; resolves when it has said what controls it has, or cannot now. */
  async start(): Promise<void> {
    this.#reporter.start();
    this.#motion.start();
    this.#leaveState = this.feed.state.onChange(({ state }) => {
      if (state === "off") this.#snapshots.forget();
    });
    await this.#reporter.learnControls();
  }

  stop(): void {
    this.disconnected();
    this.#commands.stop();
    this.#leaveState?.();
    this.#motion.stop();
    this.#reporter.stop();
  }

  /** What an earlier run left with the broker about this camera's device. */
  learn(payload: Buffer): void {
    this.#device.learn(payload);
  }

  /** A new connection: everything is told. */
  connected(): void {
    this.#isConnected = true;
    if (this.#tools.config.discovery) this.#device.connected();
    this.#announce();
    this.#reporter.connected();
    this.#motion.connected();
    this.#preview.start();
  }

  disconnected(): void {
    this.#isConnected = false;
    for (const cancel of this.#cancelPictures) cancel();
    this.#cancelPictures.clear();
    this.#device.disconnected();
    this.#reporter.disconnected();
    this.#motion.disconnected();
    this.#preview.stop();
  }

  /** Home Assistant was started anew. */
  repeat(): void {
    if (!this.#isConnected) return;
    this.#isSnapshotDue = this.#tools.config.discovery;
    this.#announce();
    this.#device.resend();
    this.#reporter.repeat();
    this.#motion.repeat();
    this.#preview.refresh();
    if (!this.#tools.config.discovery) this.#snapshots.repeat();
  }

  /** The camera is gone but may come back: its device stays, unavailable. */
  tellOffline(): void {
    this.#reporter.tellOffline();
  }

  /** Does what it is told. Throws ProtocolError where that makes no sense. */
  run(command: Command, message: IncomingMessage): void {
    this.#commands.run(command, message);
  }

  #announce(): void {
    const { bridge, config, ports } = this.#tools;
    if (!config.discovery) return;
    const { id, name, source } = this.feed;
    const identity = { id, name, source, hasMotion: ports.hasMotion(id), controls: this.#reporter.controls };
    this.#device.want(describeCameraDevice(bridge(), identity, this.#device.known));
  }

  #showPicturesAgain(): void {
    const withSnapshot = this.#isSnapshotDue;
    this.#isSnapshotDue = false;
    for (const delayMs of picturesAgainAfterMs) {
      const cancel = this.#tools.clock.after(delayMs, () => {
        this.#cancelPictures.delete(cancel);
        this.#preview.refresh();
        if (withSnapshot && delayMs === picturesAgainAfterMs[0]) this.#snapshots.repeat();
      });
      this.#cancelPictures.add(cancel);
    }
  }
}
