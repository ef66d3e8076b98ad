import type { Clock } from "../core/clock.ts";
import { DeviceError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import type { CameraFeed, CaptureFormat } from "../hub/camera-feed.ts";
import { FrameHub } from "../hub/frame-hub.ts";
import { StreamState } from "../hub/stream-state.ts";
import type { H264Frame, JpegFrame, RawFrame } from "../media/frame.ts";
import { CaptureTally } from "./capture-tally.ts";
import { Ingest, type MeanLuma } from "./ingest.ts";
import type { Source } from "./source.ts";
import { Supervisor } from "./supervisor.ts";

export interface CaptureChannelOptions {
  readonly id: string;
  readonly name: string;
  readonly kind: CameraFeed["source"];
  readonly source: Source;
  readonly mode: "on-demand" | "always";
  readonly lingerMs: number;
  /** Absent: the source has no exposure to wait for. */
  readonly meanLuma?: MeanLuma;
  readonly clock: Clock;
  readonly log: Log;
}

/** Frames that come but are all broken are a fault like no frames at all. */
const wholePictureWithinMs = 5_000;

/** One camera from its source to its tracks: what outputs see as a {@link CameraFeed}. */
export class CaptureChannel implements CameraFeed, Service {
  readonly id: string;
  readonly name: string;
  readonly source: CameraFeed["source"];
  readonly origin: string;
  readonly jpeg = new FrameHub<JpegFrame>();
  readonly h264 = new FrameHub<H264Frame>();
  readonly raw = new FrameHub<RawFrame>();
  readonly state: StreamState;
  readonly tally: CaptureTally;
  readonly #options: CaptureChannelOptions;
  readonly #supervisor: Supervisor;
  #format: CaptureFormat | undefined;

  constructor(options: CaptureChannelOptions) {
    const { clock, source } = options;
    this.#options = options;
    this.id = options.id;
    this.name = options.name;
    this.source = options.kind;
    this.origin = source.origin;
    this.state = new StreamState(clock, "idle", "not started yet");
    this.tally = new CaptureTally(clock);
    this.#supervisor = new Supervisor({
      run: (signal, onLive) => this.#capture(signal, onLive),
      absence: async () => source.absence?.(),
      state: this.state,
      mode: options.mode,
      lingerMs: options.lingerMs,
      clock,
      log: options.log,
      onFailure: (message) => this.tally.failed(message),
    });
    for (const track of [this.jpeg, this.h264, this.raw]) track.onDemand(() => this.#demandChanged());
  }

  get format(): CaptureFormat | undefined {
    return this.#format;
  }

  get stats(): CaptureTally {
    return this.tally;
  }

  start(): Promise<void> {
    return this.#supervisor.start();
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  #demandChanged(): void {
    this.#supervisor.setDemand(this.jpeg.demand + this.h264.demand + this.raw.demand > 0);
  }

  async #capture(signal: AbortSignal, onLive: () => void): Promise<void> {
    const { source, meanLuma } = this.#options;
    const run = new AbortController();
    const abort = (): void => run.abort();
    signal.addEventListener("abort", abort, { once: true });
    const ingest = new Ingest({
      tracks: this,
      tally: this.tally,
      ...(meanLuma && { meanLuma }),
      onFormat: (format) => {
        this.#format = format;
      },
      onPublish: onLive,
    });
    const watchdog = this.#watchForPictures(ingest, abort);
    this.tally.started();
    try {
      await source.run(ingest, run.signal);
      if (!signal.aborted)
        throw watchdog.failure() ?? new DeviceError("failed", `${this.origin}: capture ended by itself`);
    } finally {
      watchdog.cancel();
      signal.removeEventListener("abort", abort);
      ingest.close();
      for (const track of [this.jpeg, this.h264, this.raw]) track.clear();
    }
  }

  /** Calls `abort` when frames come for {@link wholePictureWithinMs} and none of them is whole. */
  #watchForPictures(ingest: Ingest, abort: () => void): { cancel(): void; failure(): DeviceError | undefined } {
    const { clock } = this.#options;
    const { tally } = this;
    let failure: DeviceError | undefined;
    let cancel = (): void => {};
    const check = (frames: number, corrupt: number): void => {
      const broken = tally.drops.corrupt - corrupt;
      if (tally.frames === frames && broken > 0) {
        const why = ingest.lastCorruption ?? "unknown";
        failure = new DeviceError(
          "failed",
          `${this.origin}: none of the last ${broken} frames was a whole picture (${why})`,
        );
        abort();
      } else {
        cancel = clock.after(wholePictureWithinMs, () => check(tally.frames, tally.drops.corrupt));
      }
    };
    const frames = tally.frames;
    const corrupt = tally.drops.corrupt;
    cancel = clock.after(wholePictureWithinMs, () => check(frames, corrupt));
    return { cancel: () => cancel(), failure: () => failure };
  }
}
