import type { Clock } from "../core/clock.ts";
import { DeviceError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import type { CameraFeed, CaptureFormat } from "../hub/camera-feed.ts";
import { FrameHub, type DemandKind } from "../hub/frame-hub.ts";
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
  #failure: DeviceError | undefined;
  #abortRun: (() => void) | undefined;

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

  /** Closes the camera and keeps it closed, whoever watches, until {@link switchOn}: its state is `off`, for `reason`. */
  switchOff(reason: string): void {
    this.#supervisor.switchOff(reason);
  }

  switchOn(): void {
    this.#supervisor.switchOn();
  }

  /** Closes and opens the camera again where it is open, and ends the wait for the next attempt where it failed. */
  restart(): void {
    this.#supervisor.restart();
  }

  /** Ends the present run as failed, for whoever finds that its frames are of no use. */
  fail(error: DeviceError): void {
    this.#failure ??= error;
    this.#abortRun?.();
  }

  #demandChanged(): void {
    const tracks = [this.jpeg, this.h264, this.raw];
    const has = (kind: DemandKind): boolean => tracks.some((track) => track.demandOf(kind) > 0);
    this.#supervisor.setDemand(has("viewer") ? "viewers" : has("brief") ? "brief" : "none");
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
    this.#failure = undefined;
    this.#abortRun = abort;
    const cancelWatchdog = this.#watchForPictures(ingest);
    this.tally.started();
    try {
      await source.run(ingest, run.signal);
      if (!signal.aborted) throw this.#failure ?? new DeviceError("failed", `${this.origin}: capture ended by itself`);
    } finally {
      this.#abortRun = undefined;
      cancelWatchdog();
      signal.removeEventListener("abort", abort);
      ingest.close();
      for (const track of [this.jpeg, this.h264, this.raw]) track.clear();
    }
  }

  /** Fails the run when frames come for {@link wholePictureWithinMs} and none of them is whole. Answers how to stop that. */
  #watchForPictures(ingest: Ingest): () => void {
    const { clock, log } = this.#options;
    const { tally } = this;
    let cancel = (): void => {};
    const again = (): void => {
      const { frames } = tally;
      const { corrupt } = tally.drops;
      cancel = clock.after(wholePictureWithinMs, () => {
        const broken = tally.drops.corrupt - corrupt;
        if (tally.frames > frames || broken === 0) {
          again();
          return;
        }
        const why = ingest.lastCorruption ?? "it sends something else";
        log.debug({ broken, why }, "no whole picture");
        this.fail(new DeviceError("failed", `${this.origin}: none of its frames is a whole picture (${why})`));
      });
    };
    again();
    return () => cancel();
  }
}
