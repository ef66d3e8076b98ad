import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { FrameWaiter } from "../../hub/frame-waiter.ts";
import type { JpegFrame } from "../../media/frame.ts";
import type { Publisher } from "./message.ts";
import type { OneAtATime } from "./one-at-a-time.ts";
import type { FitPicture } from "./ports.ts";

export interface PreviewOptions {
  readonly feed: CameraFeed;
  readonly topic: string;
  readonly settings: Config["mqtt"]["preview"];
  readonly publisher: Publisher;
  /** Its demand is brief: the preview is no viewer. */
  readonly waiter: FrameWaiter;
  /** Idle cameras are started one after the other: several at once may not fit onto one USB bus. */
  readonly turns: OneAtATime;
  readonly fit: FitPicture;
  readonly clock: Clock;
  readonly log: Log;
}

/** A picture that the broker was asked to keep is forgotten after a day. */
const retainedSeconds = 86_400;

/**
 * The stills that stand for the camera in Home Assistant: at most one every `intervalSeconds` while the camera runs for somebody
 * else; of an idle camera one every `idleSeconds`, for which it is started and stopped again.
 */
export class Preview {
  readonly #options: PreviewOptions;
  #cancelTimer: (() => void) | undefined;
  #end: AbortController | undefined;
  #leaveState: (() => void) | undefined;
  #last: { readonly payload: Buffer; readonly frame: JpegFrame } | undefined;
  #isBusy = false;
  #complaint: string | undefined;

  constructor(options: PreviewOptions) {
    this.#options = options;
  }

  /** A connection is there: one picture at once, others as they are due. */
  start(): void {
    if (this.#end) return;
    this.#end = new AbortController();
    const { state: camera } = this.#options.feed;
    this.#leaveState = camera.onChange(({ state }) => {
      if (state === "off") this.#hide();
    });
    if (camera.status.state === "off") this.#hide();
    this.#tick();
    this.refresh();
  }

  stop(): void {
    this.#end?.abort(new Error("the preview has ended"));
    this.#end = undefined;
    this.#leaveState?.();
    this.#cancelTimer?.();
  }

  /** For somebody who has no picture yet: the last one again while it is young, else a new one. */
  refresh(): void {
    if (this.#last && this.#ageMs(this.#last.frame) < this.#youngMs) this.#publish(this.#last.payload);
    else void this.#take();
  }

  /** A picture that was taken for somebody is a preview, too. Never rejects. */
  async show(frame: JpegFrame): Promise<void> {
    if (!this.#end) return;
    const { topic, settings, publisher, fit, log } = this.#options;
    try {
      const bounds = { maxWidth: settings.maxWidth, maxBytes: publisher.maxPayloadBytes(topic) };
      const { bytes } = await fit(frame, bounds);
      // The camera may have been switched off while the picture was made smaller.
      if (!this.#end || this.#options.feed.state.status.state === "off") return;
      this.#last = { payload: bytes, frame };
      this.#publish(bytes);
      this.#complaint = undefined;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      if (this.#complaint !== words) log.warn({}, `no preview by MQTT: ${words}`);
      this.#complaint = words;
    }
  }

  get #youngMs(): number {
    const { idleSeconds, intervalSeconds } = this.#options.settings;
    return 1000 * (this.#isLive ? intervalSeconds : Math.max(idleSeconds, intervalSeconds));
  }

  get #isLive(): boolean {
    return this.#options.feed.state.status.state === "live";
  }

  #ageMs(frame: JpegFrame): number {
    return Number(this.#options.clock.monotonicNs() - frame.captureTimeNs) / 1e6;
  }

  #tick(): void {
    const { clock, settings, feed } = this.#options;
    this.#cancelTimer = clock.after(settings.intervalSeconds * 1000, () => this.#tick());
    const isIdleDue =
      settings.idleSeconds > 0 && feed.state.status.state === "idle" && this.#isOlderThan(settings.idleSeconds);
    if (this.#isLive || isIdleDue) void this.#take();
  }

  #isOlderThan(seconds: number): boolean {
    return this.#last === undefined || this.#ageMs(this.#last.frame) >= seconds * 1000;
  }

  async #take(): Promise<void> {
    const { feed, log } = this.#options;
    const signal = this.#end?.signal;
    if (this.#isBusy || !signal || !["live", "idle"].includes(feed.state.status.state)) return;
    this.#isBusy = true;
    try {
      const frame = await this.#next(signal);
      if (frame.captureTimeNs !== this.#last?.frame.captureTimeNs) await this.show(frame);
    } catch (error) {
      log.debug({ err: error }, "no preview");
    } finally {
      this.#isBusy = false;
    }
  }

  #next(signal: AbortSignal): Promise<JpegFrame> {
    const { feed, waiter, turns } = this.#options;
    if (this.#isLive) return waiter.next(feed, signal);
    return turns.run(async () => {
      signal.throwIfAborted();
      return waiter.next(feed, signal);
    });
  }

  #publish(payload: Buffer): void {
    const { topic, settings, publisher } = this.#options;
    const { retain } = settings;
    publisher.publish({ topic, payload, qos: 0, retain, ...(retain && { expirySeconds: retainedSeconds }) });
  }

  /** Switched off: nothing of it is shown any more, also not by the broker. */
  #hide(): void {
    this.#last = undefined;
    this.#options.publisher.publish({ topic: this.#options.topic, payload: "", qos: 1, retain: true });
  }
}
