import type { Clock } from "../../core/clock.ts";
import { DeviceError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { bitsPerSecond } from "../../hub/bitrate.ts";
import type { CameraControl } from "../../hub/camera-controls.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { StreamStateName } from "../../hub/stream-state.ts";
import { cutText, reportControls } from "./discovery/control-entities.ts";
import type { Publisher } from "./message.ts";
import type { CameraPorts } from "./ports.ts";
import { StateTopics } from "./state-topics.ts";
import type { CameraTopics } from "./topics.ts";

export interface CameraReporterOptions {
  readonly feed: CameraFeed;
  readonly topics: CameraTopics;
  readonly publisher: Publisher;
  readonly ports: CameraPorts;
  readonly clock: Clock;
  readonly log: Log;
  /** The camera's controls are known, or are others than before. */
  readonly onControls: () => void;
}

/** Rates and counts are told this often, where they have changed. */
const statsEveryMs = 10_000;
/** The longest state that Home Assistant keeps. */
const maxErrorLength = 255;

const present: ReadonlySet<StreamStateName> = new Set(["starting", "live", "stalled", "idle"]);

/** Says how one camera is: on every change of its state, and every 10 s what its rates and counts are. */
export class CameraReporter {
  readonly #options: CameraReporterOptions;
  readonly #states: StateTopics;
  #controls: readonly CameraControl[] | undefined;
  #ends: (() => void)[] = [];
  #isConnected = false;
  #wasPresent = false;

  constructor(options: CameraReporterOptions) {
    this.#options = options;
    this.#states = new StateTopics(options.publisher);
    if (!this.#port) this.#controls = [];
  }

  /** All controls as they are; undefined while they are not known. */
  get controls(): readonly CameraControl[] | undefined {
    return this.#controls;
  }

  /** Watches the camera from now on. */
  start(): void {
    const { feed, ports, clock } = this.#options;
    let cancel = (): void => {};
    const tick = (): void => {
      cancel = clock.after(statsEveryMs, tick);
      this.#tellStats();
    };
    tick();
    this.#wasPresent = present.has(feed.state.status.state);
    this.#ends = [
      () => cancel(),
      feed.state.onChange(() => this.#stateChanged()),
      ports.switches.onChange((id) => {
        if (id === feed.id) this.#tellState();
      }),
      this.#port?.onChange((controls) => this.#controlsChanged(controls)) ?? ((): void => {}),
    ];
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** Asks the camera what controls it has, where that is not known. Never rejects. */
  async learnControls(): Promise<void> {
    const { feed, log } = this.#options;
    if (!this.#port || this.#controls || feed.state.status.state === "lost") return;
    try {
      this.#controlsChanged(await this.#port.list());
    } catch (error) {
      if (error instanceof DeviceError) log.debug({ err: error }, "the controls cannot be listed now");
      else log.error({ err: error }, "the controls cannot be told by MQTT");
    }
  }

  /** A new connection: all is told. */
  connected(): void {
    this.#isConnected = true;
    this.#states.forget();
    this.tellAll();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  /** Once more, for somebody who was not there. */
  repeat(): void {
    this.tellAll();
    this.#states.repeat();
  }

  tellAll(): void {
    this.#tellState();
    this.#tellStats();
    this.#tellControls();
    this.#tellAttributes();
  }

  /** What the camera is asked for could not be done: who moved a slider sees it go back. */
  correctControls(): void {
    const { publisher, topics } = this.#options;
    if (!this.#isConnected || !this.#controls?.length) return;
    const payload = JSON.stringify(reportControls(this.#controls));
    publisher.publish({ topic: topics.controls, payload, qos: 1, retain: true });
  }

  /** Nobody can use it until it says otherwise. */
  tellOffline(): void {
    if (this.#isConnected) this.#states.tell(this.#options.topics.availability, "offline");
  }

  get #port(): ReturnType<CameraPorts["controls"]> {
    return this.#options.ports.controls(this.#options.feed.id);
  }

  #stateChanged(): void {
    const isPresent = present.has(this.#options.feed.state.status.state);
    // A camera that comes back may be asked again, and another one may have taken its place.
    if (isPresent && !this.#wasPresent) void this.learnControls();
    this.#wasPresent = isPresent;
    this.#tellState();
    this.#tellStats();
  }

  #controlsChanged(controls: readonly CameraControl[]): void {
    this.#controls = controls;
    this.#tellControls();
    this.#options.onControls();
  }

  #tellState(): void {
    if (!this.#isConnected) return;
    const { feed, topics, ports } = this.#options;
    const { state, reason, since } = feed.state.status;
    const isOff = state === "off";
    this.#states.tell(topics.enabled, ports.switches.isOn(feed.id) ? "ON" : "OFF");
    this.#states.tell(topics.availability, present.has(state) ? "online" : "offline");
    this.#states.tell(topics.state, {
      state,
      reason,
      since: new Date(since).toISOString(),
      connected: isOff ? null : state === "lost" ? "OFF" : "ON",
      running: state === "live" ? "ON" : "OFF",
    });
  }

  #tellStats(): void {
    if (!this.#isConnected) return;
    const { feed, topics, ports } = this.#options;
    const { stats, format } = feed;
    this.#states.tell(topics.stats, {
      fps: Math.round(stats.fps * 10) / 10,
      bitrate: Math.round(bitsPerSecond(feed) / 1000),
      viewers: ports.viewers.viewers(feed.id),
      resolution: format ? `${format.width}x${format.height}` : null,
      codec: format?.pixelFormat ?? null,
      dropped: Object.values(stats.drops).reduce((sum, count) => sum + count, 0),
      restarts: stats.restarts,
      last_error: stats.lastError === undefined ? null : cutText(stats.lastError, maxErrorLength),
    });
  }

  #tellControls(): void {
    if (!this.#isConnected || !this.#controls?.length) return;
    this.#states.tell(this.#options.topics.controls, reportControls(this.#controls));
  }

  #tellAttributes(): void {
    if (!this.#isConnected) return;
    const { feed, topics, ports } = this.#options;
    const url = ports.url();
    if (url === undefined) return;
    this.#states.tell(topics.attributes, {
      stream_url: `${url}/cameras/${feed.id}/stream`,
      snapshot_url: `${url}/cameras/${feed.id}/snapshot.jpg`,
    });
  }
}
