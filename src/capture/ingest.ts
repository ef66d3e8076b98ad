import { ProtocolError } from "../core/errors.ts";
import type { CaptureFormat, DropCause } from "../hub/camera-feed.ts";
import type { FrameHub } from "../hub/frame-hub.ts";
import type { Frame, H264Frame, JpegFrame, RawFrame } from "../media/frame.ts";
import { repairJpeg } from "../media/jpeg/repair.ts";
import type { CaptureTally } from "./capture-tally.ts";
import { ExposureGate } from "./exposure-gate.ts";
import type { SourceSink } from "./source.ts";

/** Mean brightness of a picture, 0 (black) to 255; handed in by `app.ts` because it takes a decoder. */
export type MeanLuma = (frame: JpegFrame | RawFrame) => Promise<number>;

/** The tracks of one camera. */
export interface Tracks {
  readonly jpeg: FrameHub<JpegFrame>;
  readonly h264: FrameHub<H264Frame>;
  readonly raw: FrameHub<RawFrame>;
}

export interface IngestOptions {
  readonly tracks: Tracks;
  readonly tally: CaptureTally;
  /** Absent: the source has no exposure to wait for. */
  readonly meanLuma?: MeanLuma;
  onFormat(format: CaptureFormat): void;
  /** Called before every frame that goes out. */
  onPublish(): void;
}

/**
 * Everything that happens to a frame once, for all viewers: repaired, held back until the exposure has settled,
 * counted, published. One per run of a source; after {@link close} it lets nothing through.
 */
export class Ingest implements SourceSink {
  readonly #options: IngestOptions;
  readonly #gate = new ExposureGate();
  #measuring = false;
  #closed = false;
  #lastCorruption: string | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
    if (!options.meanLuma) this.#gate.skip();
  }

  /** What was wrong with the last refused picture, undefined when none was. */
  get lastCorruption(): string | undefined {
    return this.#lastCorruption;
  }

  close(): void {
    this.#closed = true;
  }

  format(format: CaptureFormat): void {
    if (!this.#closed) this.#options.onFormat(format);
  }

  drop(cause: DropCause, count = 1): void {
    if (!this.#closed) this.#options.tally.drop(cause, count);
  }

  frame(frame: Frame): void {
    if (this.#closed) return;
    const whole = frame.codec === "jpeg" ? this.#repaired(frame) : frame;
    if (!whole) this.drop("corrupt");
    else if (this.#gate.open || this.#gate.seen(whole.captureTimeNs)) this.#publish(whole);
    else this.#settle(whole);
  }

  #repaired(frame: JpegFrame): JpegFrame | undefined {
    try {
      const { bytes, width, height } = repairJpeg(frame.bytes);
      if (bytes === frame.bytes && width === frame.width && height === frame.height) return frame;
      return { ...frame, bytes, width, height };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#lastCorruption = error.message;
      return undefined;
    }
  }

  /** Measures one picture at a time; those that come meanwhile are not shown. */
  #settle(frame: Frame): void {
    const { meanLuma } = this.#options;
    if (!meanLuma || frame.codec === "h264") {
      this.#gate.skip();
      this.#publish(frame);
    } else if (this.#measuring) {
      this.drop("settling");
    } else {
      this.#measuring = true;
      void this.#measure(meanLuma, frame);
    }
  }

  async #measure(meanLuma: MeanLuma, frame: JpegFrame | RawFrame): Promise<void> {
    let settled = false;
    try {
      settled = this.#gate.measured(await meanLuma(frame));
    } catch {
      this.#gate.skip(); // a picture that cannot be measured is no reason to show none
      settled = true;
    }
    this.#measuring = false;
    if (this.#closed) return;
    const { tracks } = this.#options;
    const newest = (frame.codec === "jpeg" ? tracks.jpeg.latest : tracks.raw.latest)?.captureTimeNs ?? 0n;
    if (settled && newest < frame.captureTimeNs) this.#publish(frame);
    else this.drop("settling");
  }

  #publish(frame: Frame): void {
    const { tracks, tally } = this.#options;
    this.#options.onPublish();
    tally.published(frame.bytes.length, frame.captureTimeNs);
    if (frame.codec === "jpeg") tracks.jpeg.publish(frame);
    else if (frame.codec === "raw") tracks.raw.publish(frame);
    else tracks.h264.publish(frame);
  }
}
