import type { Clock } from "../../core/clock.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { ViewerLosses } from "../../hub/viewers-port.ts";
import type { JpegFrame } from "../../media/frame.ts";
import type { Viewer } from "./viewer.ts";
import { SpareBuffers, WirePart } from "./wire-part.ts";

/** After this pause the last frame is sent once more: Chrome and Safari paint it only then. */
const repaintAfterMs = 250;
/** Home Assistant gives up after 10 s without data; a part at least every 5 s is promised. */
const keepAliveMs = 4_500;
const sweepMs = 1_000;
const stuckAfterNs = 30_000_000_000n;

export interface FanOutOptions {
  readonly feed: CameraFeed;
  readonly clock: Clock;
  /** Seconds from capture to the end of the round of writes, once per frame that somebody took. */
  onSent(seconds: number): void;
  /** A viewer took nothing for 30 s and was closed. */
  onStuck(viewer: Viewer): void;
}

/** One camera's frames to all its viewers: one subscription, one buffer, one write per viewer and frame. */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #viewers = new Set<Viewer>();
  readonly #spare = new SpareBuffers();
  #last: WirePart | undefined;
  #leaveHub: (() => void) | undefined;
  #leaveState: (() => void) | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #wasRepainted = false;
  #skipped = 0;
  #stuck = 0;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  /** What its viewers lost so far. */
  get losses(): ViewerLosses {
    return { skipped: this.#skipped, stuck: this.#stuck };
  }

  /** Adds a viewer, which gets the newest frame at once where there is one. */
  add(viewer: Viewer): void {
    const { feed, clock } = this.#options;
    this.#viewers.add(viewer);
    if (!this.#leaveHub) this.#open();
    const { latest } = feed.jpeg;
    if (latest && this.#last?.frame !== latest) this.#last = new WirePart(latest, clock);
    if (latest && this.#last) {
      viewer.offer(this.#last, clock.monotonicNs());
      this.#restartQuiet();
    }
  }

  /** Takes a viewer out; the last one leaving ends the demand. */
  remove(viewer: Viewer): void {
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#close();
  }

  /** Ends all viewers. */
  stop(): void {
    for (const viewer of this.#viewers) viewer.end();
    this.#viewers.clear();
    this.#close();
  }

  #open(): void {
    const { feed, clock } = this.#options;
    this.#leaveHub = feed.jpeg.subscribe((frame) => this.#send(frame));
    // Switched off means that nothing of it is shown any more, not even its last picture; who asks again is told why.
    this.#leaveState = feed.state.onChange(({ state }) => {
      if (state === "off") this.stop();
    });
    this.#sweep = setInterval(() => this.#sweepViewers(clock.monotonicNs()), sweepMs);
  }

  #close(): void {
    this.#leaveHub?.();
    this.#leaveHub = undefined;
    this.#leaveState?.();
    this.#leaveState = undefined;
    clearInterval(this.#sweep);
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
    this.#last = undefined;
  }

  #send(frame: JpegFrame): void {
    const { clock } = this.#options;
    const part = new WirePart(frame, clock);
    const nowNs = clock.monotonicNs();
    this.#last = part;
    part.assembleIn(this.#spare);
    let sent = 0;
    let held = 0;
    for (const viewer of this.#viewers) {
      const outcome = viewer.offer(part, nowNs);
      if (outcome === "sent") sent += 1;
      else if (outcome === "held") held += 1;
      else if (outcome === "skipped") this.#skipped += 1;
    }
    if (held === 0) part.recycle(this.#spare);
    this.#restartQuiet();
    if (sent + held > 0) this.#options.onSent(Number(clock.monotonicNs() - frame.captureTimeNs) / 1e9);
  }

  /** The timer that repeats the last frame: its own `refresh` costs next to nothing at 30 frames a second. */
  #restartQuiet(): void {
    if (this.#quiet && !this.#wasRepainted) {
      this.#quiet.refresh();
      return;
    }
    clearTimeout(this.#quiet);
    this.#wasRepainted = false;
    this.#quiet = setTimeout(() => this.#repeat(), repaintAfterMs);
  }

  #repeat(): void {
    if (!this.#last) return;
    const nowNs = this.#options.clock.monotonicNs();
    for (const viewer of this.#viewers) {
      viewer.repeat(this.#last, nowNs);
      if (viewer.wishes.dualFinalFrames && !this.#wasRepainted) viewer.repeat(this.#last, nowNs);
    }
    this.#wasRepainted = true;
    this.#quiet = setTimeout(() => this.#repeat(), keepAliveMs);
  }

  #sweepViewers(nowNs: bigint): void {
    for (const viewer of this.#viewers) {
      viewer.sample(nowNs);
      if (!viewer.isStuck(nowNs, stuckAfterNs)) continue;
      this.#stuck += 1;
      this.#options.onStuck(viewer);
      viewer.destroy();
    }
  }
}
