import type { Clock } from "../../core/clock.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import { frameAgeMs } from "../../hub/frame-age.ts";
import type { FrameWaiter } from "../../hub/frame-waiter.ts";
import type { JpegFrame } from "../../media/frame.ts";

/** Pictures for whoever asks, one capture for all who ask at the same time. */
export class SnapshotCapture {
  readonly #clock: Clock;
  readonly #waiter: FrameWaiter;
  readonly #lastTaken = new WeakMap<CameraFeed, JpegFrame>();

  constructor(clock: Clock, waiter: FrameWaiter) {
    this.#clock = clock;
    this.#waiter = waiter;
  }

  /**
   * A picture not older than `maxAgeMs`, or else the next one. Rejects with HttpProblem 503 that says the camera's state
   * and reason, or with the signal's reason.
   */
  async take(feed: CameraFeed, maxAgeMs: number, signal: AbortSignal): Promise<JpegFrame> {
    signal.throwIfAborted();
    const cached = this.#cached(feed, maxAgeMs);
    if (cached) return cached;
    const frame = await this.#waiter.next(feed, signal);
    this.#lastTaken.set(feed, frame);
    return frame;
  }

  /** The newest picture known, or the last one taken when the camera has been closed since; never one of a camera off. */
  #cached(feed: CameraFeed, maxAgeMs: number): JpegFrame | undefined {
    if (feed.state.status.state === "off") return undefined;
    const frame = feed.jpeg.latest ?? this.#lastTaken.get(feed);
    return frame && frameAgeMs(this.#clock, frame) <= maxAgeMs ? frame : undefined;
  }
}
