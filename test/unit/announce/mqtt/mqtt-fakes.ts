import type { IncomingMessage, OutgoingMessage } from "../../../../src/announce/mqtt/message.ts";
import type { CameraPorts, Picture, PictureBounds } from "../../../../src/announce/mqtt/ports.ts";
import type { RetainedSource } from "../../../../src/announce/mqtt/retained-messages.ts";
import type { Clock } from "../../../../src/core/clock.ts";
import type { Log } from "../../../../src/core/log.ts";
import type {
  CameraControl,
  ControlsListener,
  ControlsPort,
  ControlValue,
} from "../../../../src/hub/camera-controls.ts";
import type { CameraFeed, CaptureFormat, CaptureStats } from "../../../../src/hub/camera-feed.ts";
import { CameraRegistry } from "../../../../src/hub/camera-registry.ts";
import type { CameraSwitch } from "../../../../src/hub/camera-switch.ts";
import { FrameHub } from "../../../../src/hub/frame-hub.ts";
import { StreamState, type StreamStateName } from "../../../../src/hub/stream-state.ts";
import type { H264Frame, JpegFrame, RawFrame } from "../../../../src/media/frame.ts";

/** A connection that takes everything and tells the test. */
export class FakePublisher implements RetainedSource {
  readonly sent: OutgoingMessage[] = [];
  readonly subscribed: string[] = [];
  readonly unsubscribed: string[] = [];
  maxBytes = 1_000_000;
  /** Called for each message. */
  onPublish: (message: OutgoingMessage) => void = () => {};

  publish(message: OutgoingMessage): void {
    this.sent.push(message);
    this.onPublish(message);
  }

  maxPayloadBytes(): number {
    return this.maxBytes;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    this.subscribed.push(...topics);
    await Promise.resolve();
  }

  unsubscribe(topics: readonly string[]): void {
    this.unsubscribed.push(...topics);
  }

  /** What was sent since this was last asked. */
  take(): OutgoingMessage[] {
    return this.sent.splice(0);
  }

  /** The payloads on `topic` so far, as text. */
  on(topic: string): readonly string[] {
    return this.sent.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
  }
}

/** Keeps what is logged, as `level: words`, from info on. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];
  debug(): void {}

  info(_fields: object, message: string): void {
    this.lines.push(`info: ${message}`);
  }

  warn(_fields: object, message: string): void {
    this.lines.push(`warn: ${message}`);
  }

  error(_fields: object, message: string): void {
    this.lines.push(`error: ${message}`);
  }

  child(): Log {
    return this;
  }

  /** Those that contain `words`. */
  with(words: string): readonly string[] {
    return this.lines.filter((line) => line.includes(words));
  }
}

/** A camera whose pictures and states the test makes, on the test's clock. */
export class ClockedCamera implements CameraFeed {
  readonly id: string;
  readonly name: string;
  readonly source = "v4l2";
  readonly origin = "/dev/video0";
  readonly jpeg = new FrameHub<JpegFrame>();
  readonly h264 = new FrameHub<H264Frame>();
  readonly raw = new FrameHub<RawFrame>();
  readonly state: StreamState;
  format: CaptureFormat | undefined = { codec: "jpeg", pixelFormat: "MJPG", width: 640, height: 480, fps: 30 };
  stats: CaptureStats = {
    frames: 10,
    bytes: 100_000,
    fps: 29.96,
    drops: { "error-flag": 1, "sequence-gap": 0, stale: 2, corrupt: 0, settling: 0, "encoder-busy": 0 },
    restarts: 1,
    lastError: undefined,
  };
  readonly #clock: Clock;
  #sequence = 0;

  constructor(id: string, clock: Clock, state: StreamStateName = "idle") {
    this.id = id;
    this.name = `The ${id}`;
    this.#clock = clock;
    this.state = new StreamState(clock, state, "as told");
  }

  /** Publishes a picture captured just now. */
  show(picture: string | Buffer = "picture", size = { width: 640, height: 480 }): JpegFrame {
    this.#sequence += 1;
    const frame: JpegFrame = {
      codec: "jpeg",
      keyframe: true,
      bytes: Buffer.from(picture),
      width: size.width,
      height: size.height,
      captureTimeNs: this.#clock.monotonicNs(),
      sequence: this.#sequence,
    };
    this.jpeg.publish(frame);
    return frame;
  }

  /** Gives a picture (`picture N`) whenever somebody wants one, and is idle when nobody does. */
  serveOnDemand(): void {
    this.jpeg.onDemand((demand) => {
      if (this.state.status.state === "off") return;
      this.state.set(demand > 0 ? "live" : "idle", "as wanted");
      if (demand > 0) setImmediate(() => this.jpeg.demand > 0 && this.show(`picture ${this.#sequence + 1}`));
    });
  }
}

/** Remembers what it is told. */
export class FakeSwitches implements CameraSwitch {
  readonly calls: string[] = [];
  readonly off = new Set<string>();
  readonly #listeners = new Set<(cameraId: string) => void>();

  isOn(cameraId: string): boolean {
    return !this.off.has(cameraId);
  }

  turn(cameraId: string, on: boolean, by: string): void {
    this.calls.push(`${cameraId} ${on ? "on" : "off"} ${by}`);
    if (on) this.off.delete(cameraId);
    else this.off.add(cameraId);
    for (const listener of this.#listeners) listener(cameraId);
  }

  restart(cameraId: string): void {
    this.calls.push(`${cameraId} restart`);
  }

  onChange(listener: (cameraId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Controls that can be set to anything, or fail as the test says. */
export class FakeControls implements ControlsPort {
  controls: readonly CameraControl[];
  readonly sets: Readonly<Record<string, ControlValue>>[] = [];
  resets = 0;
  /** Thrown by everything while it is set. */
  failure: Error | undefined;
  readonly #listeners = new Set<ControlsListener>();

  constructor(controls: readonly CameraControl[]) {
    this.controls = controls;
  }

  async list(): Promise<readonly CameraControl[]> {
    await this.#checked();
    return this.controls;
  }

  async set(values: Readonly<Record<string, ControlValue>>): Promise<readonly CameraControl[]> {
    await this.#checked();
    this.sets.push(values);
    this.change(this.controls.map((control) => ({ ...control, value: values[control.name] ?? control.value ?? 0 })));
    return this.controls;
  }

  async toDefaults(): Promise<readonly CameraControl[]> {
    await this.#checked();
    this.resets += 1;
    return this.controls;
  }

  onChange(listener: ControlsListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** They are others from now on, and everybody is told. */
  change(controls: readonly CameraControl[]): void {
    this.controls = controls;
    for (const listener of this.#listeners) listener(controls);
  }

  async #checked(): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
  }
}

/** Parts of the rest of Sightline that a test does not care about. */
export interface FakePorts extends CameraPorts {
  readonly switches: FakeSwitches;
  /** What pictures had to fit into. */
  readonly bounds: PictureBounds[];
}

/** Ports over `cameras`; pictures come out of `fit` as they are unless `overrides` says otherwise. */
export function fakePorts(cameras: readonly CameraFeed[] = [], overrides: Partial<CameraPorts> = {}): FakePorts {
  const registry = new CameraRegistry();
  for (const camera of cameras) registry.add(camera);
  const bounds: PictureBounds[] = [];
  return {
    registry,
    viewers: {
      viewers: () => 3,
      clients: () => [],
      losses: () => ({ skipped: 0, stuck: 0 }),
    },
    controls: () => undefined,
    fit: (picture: Picture, wanted: PictureBounds): Promise<Picture> => {
      bounds.push(wanted);
      return Promise.resolve(picture);
    },
    hasMotion: () => false,
    keepsAbsent: false,
    url: () => undefined,
    ...overrides,
    switches: new FakeSwitches(),
    bounds,
  };
}

/** A message as the broker sends it. */
export function incoming(
  topic: string,
  payload: string | Buffer,
  rest: Partial<IncomingMessage> = {},
): IncomingMessage {
  return { topic, payload: Buffer.from(payload), retain: false, ...rest };
}

/** An integer control from 0 to 255, with anything else as `overrides` say. */
export function control(name: string, overrides: Partial<CameraControl> = {}): CameraControl {
  return {
    name,
    label: name,
    id: 1,
    type: "integer",
    minimum: 0,
    maximum: 255,
    step: 1,
    default: 128,
    value: 128,
    inactive: false,
    readOnly: false,
    ...overrides,
  };
}
