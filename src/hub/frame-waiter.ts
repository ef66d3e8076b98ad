import type { Clock } from "../core/clock.ts";
import type { JpegFrame } from "../media/frame.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import type { CameraFeed } from "./camera-feed.ts";
import type { DemandKind } from "./frame-hub.ts";
import type { StreamStatus } from "./stream-state.ts";

/** How long to wait for a picture. */
export interface FrameTimeouts {
  /** For a camera that is there: it may have to be opened and its exposure to settle. */
  readonly frameMs: number;
  /** For a camera that was lost when asked: asking makes the supervisor look again at once. */
  readonly lostMs: number;
}

const defaultTimeouts: FrameTimeouts = { frameMs: 8000, lostMs: 1500 };

/**
 * Waits for a camera's next picture, for any number of askers by one subscription. The camera is wanted only while somebody
 * waits: the last one who gives up takes the demand with them.
 */
export class FrameWaiter {
  readonly #clock: Clock;
  readonly #timeouts: FrameTimeouts;
  readonly #kind: DemandKind;
  readonly #captures = new WeakMap<CameraFeed, SharedCapture>();

  /** `kind`: what the camera runs for while somebody waits. */
  constructor(clock: Clock, timeouts: Partial<FrameTimeouts> = {}, kind: DemandKind = "viewer") {
    this.#clock = clock;
    this.#kind = kind;
    this.#timeouts = { ...defaultTimeouts, ...timeouts };
  }

  /**
   * The next picture. Rejects with HttpProblem 503 that says the camera's state and reason: in time, or as soon as it is known
   * that none will come; or with the signal's reason.
   */
  next(feed: CameraFeed, signal: AbortSignal): Promise<JpegFrame> {
    let capture = this.#captures.get(feed);
    if (!capture) {
      capture = new SharedCapture(feed, this.#kind);
      this.#captures.set(feed, capture);
    }
    const { state } = feed.state.status;
    if (state === "off") return Promise.reject(unavailable(feed, feed.state.status));
    const timeoutMs = state === "lost" ? this.#timeouts.lostMs : this.#timeouts.frameMs;
    return this.#race(capture, feed, timeoutMs, signal);
  }

  #race(capture: SharedCapture, feed: CameraFeed, timeoutMs: number, signal: AbortSignal): Promise<JpegFrame> {
    return new Promise((resolve, reject) => {
      const cleanups: (() => void)[] = [];
      let finished = false;
      const finish = (settle: () => void): void => {
        finished = true;
        for (const cleanup of cleanups) cleanup();
        settle();
      };
      const aborted = (): void => finish(() => reject(signal.reason as Error));
      const timedOut = (): void => finish(() => reject(unavailable(feed, feed.state.status, timeoutMs)));
      signal.addEventListener("abort", aborted, { once: true });
      cleanups.push(() => signal.removeEventListener("abort", aborted), this.#clock.after(timeoutMs, timedOut));
      const leave = capture.join({
        frame: (frame) => finish(() => resolve(frame)),
        failed: (status) => finish(() => reject(unavailable(feed, status))),
      });
      // Wanting the camera may have told at once that it cannot be had.
      if (finished) leave();
      else cleanups.push(leave);
    });
  }
}

interface Waiter {
  frame(frame: JpegFrame): void;
  /** The camera went while somebody waited. */
  failed(status: StreamStatus): void;
}

/** One subscription for any number of waiters. */
class SharedCapture {
  readonly #feed: CameraFeed;
  readonly #kind: DemandKind;
  readonly #waiters = new Set<Waiter>();
  #close: (() => void) | undefined;

  constructor(feed: CameraFeed, kind: DemandKind) {
    this.#feed = feed;
    this.#kind = kind;
  }

  /** Waits with the others; the returned function gives up (any number of times). */
  join(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    this.#close ??= this.#open();
    return () => {
      if (this.#waiters.delete(waiter) && this.#waiters.size === 0) {
        this.#close?.();
        this.#close = undefined;
      }
    };
  }

  #open(): () => void {
    const endStates = this.#feed.state.onChange((status) => {
      if (status.state !== "lost" && status.state !== "off") return;
      for (const waiter of this.#waiters) waiter.failed(status);
    });
    const endFrames = this.#feed.jpeg.subscribe((frame) => {
      for (const waiter of this.#waiters) waiter.frame(frame);
    }, this.#kind);
    return () => {
      endFrames();
      endStates();
    };
  }
}

function unavailable(feed: CameraFeed, status: StreamStatus, waitedMs?: number): HttpProblem {
  const waited = waitedMs === undefined ? "" : `no picture within ${waitedMs / 1000} s: `;
  return new HttpProblem(503, `camera ${feed.id}: ${waited}${status.state} (${status.reason})`, {
    members: { camera: feed.id, state: status.state, reason: status.reason },
    headers: { "Retry-After": status.state === "off" ? "60" : "5" },
  });
}
