import { type Clock, systemClock } from "../core/clock.ts";
import type { DropCause } from "../hub/camera-feed.ts";
import type { FrameHub } from "../hub/frame-hub.ts";
import type { JpegFrame, RawFrame } from "../media/frame.ts";
import { JpegEncoder } from "./jpeg-encoder.ts";

/** An encoder is kept this long after the last viewer left, in case another one comes. */
const DEFAULT_IDLE_MS = 5000;

/** From where to where, and how. */
export interface RawToJpegOptions {
  readonly raw: FrameHub<RawFrame>;
  readonly jpeg: FrameHub<JpegFrame>;
  /** 1 to 100. */
  readonly quality: number;
  /** Called once for every frame that a newer one replaced while the encoder was busy. */
  readonly onDrop: (cause: DropCause) => void;
  /** Called for every frame that could not be encoded. */
  readonly onError: (error: Error) => void;
  /** Instead of an encoder of its own. */
  readonly encoder?: Pick<JpegEncoder, "encode" | "close">;
  readonly clock?: Clock;
  readonly idleMs?: number;
}

/**
 * Fills the JPEG track from the raw one while somebody wants JPEG, and only then asks for raw frames. The newest frame
 * wins while the encoder is busy; a picture is published as soon as it is encoded, never with the next frame.
 */
export function createRawToJpeg(options: RawToJpegOptions): { stop(): Promise<void> } {
  const transcoder = new RawToJpeg(options);
  return { stop: () => transcoder.stop() };
}

class RawToJpeg {
  readonly #options: RawToJpegOptions;
  readonly #encoder: Pick<JpegEncoder, "encode" | "close">;
  readonly #clock: Clock;
  readonly #stopWatching: () => void;
  #unsubscribe: (() => void) | undefined;
  #cancelClosing: (() => void) | undefined;
  #waiting: RawFrame | undefined;
  #busy = false;

  constructor(options: RawToJpegOptions) {
    this.#options = options;
    this.#encoder = options.encoder ?? new JpegEncoder(options.quality);
    this.#clock = options.clock ?? systemClock;
    this.#stopWatching = options.jpeg.onDemand((demand) => this.#follow(demand));
    this.#follow(options.jpeg.demand);
  }

  async stop(): Promise<void> {
    this.#stopWatching();
    this.#leave();
    this.#cancelClosing?.();
    await this.#encoder.close();
  }

  #follow(demand: number): void {
    if (demand > 0) {
      this.#cancelClosing?.();
      this.#cancelClosing = undefined;
      this.#unsubscribe ??= this.#options.raw.subscribe((frame) => this.#take(frame), "derived");
    } else if (this.#unsubscribe) {
      this.#leave();
      this.#cancelClosing = this.#clock.after(this.#options.idleMs ?? DEFAULT_IDLE_MS, () => this.#closeIdle());
    }
  }

  #leave(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#waiting = undefined;
  }

  #closeIdle(): void {
    this.#cancelClosing = undefined;
    this.#encoder.close().catch((error: unknown) => this.#options.onError(toError(error)));
  }

  #take(frame: RawFrame): void {
    if (!this.#busy) {
      void this.#work(frame);
      return;
    }
    if (this.#waiting) this.#options.onDrop("encoder-busy");
    this.#waiting = frame;
  }

  async #work(first: RawFrame): Promise<void> {
    this.#busy = true;
    for (let frame: RawFrame | undefined = first; frame; frame = this.#next()) await this.#encode(frame);
    this.#busy = false;
  }

  #next(): RawFrame | undefined {
    const frame = this.#waiting;
    this.#waiting = undefined;
    return frame;
  }

  /** A picture that nobody waits for any more, or of a camera that was closed meanwhile, is not published. */
  async #encode(frame: RawFrame): Promise<void> {
    const { raw, jpeg, onError } = this.#options;
    const { width, height, captureTimeNs, sequence } = frame;
    try {
      const bytes = await this.#encoder.encode(frame);
      if (!this.#unsubscribe || raw.latest === undefined) return;
      jpeg.publish({ codec: "jpeg", keyframe: true, bytes, width, height, captureTimeNs, sequence });
    } catch (error) {
      if (this.#unsubscribe) onError(toError(error));
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
