import type { Clock } from "../core/clock.ts";
import { RateMeter } from "../core/rate-meter.ts";
import type { CaptureStats, DropCause } from "../hub/camera-feed.ts";

/** Counts what one camera did since the process started. */
export class CaptureTally implements CaptureStats {
  readonly #clock: Clock;
  readonly #rate = new RateMeter();
  readonly #drops: Record<DropCause, number> = {
    "error-flag": 0,
    "sequence-gap": 0,
    stale: 0,
    corrupt: 0,
    settling: 0,
    "encoder-busy": 0,
  };
  #frames = 0;
  #bytes = 0;
  #restarts = 0;
  #lastError: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get fps(): number {
    return this.#rate.perSecond(this.#clock.monotonicNs());
  }

  get drops(): Readonly<Record<DropCause, number>> {
    return this.#drops;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** One frame went out. */
  published(sizeBytes: number, captureTimeNs: bigint): void {
    this.#frames += 1;
    this.#bytes += sizeBytes;
    this.#rate.add(captureTimeNs);
  }

  drop(cause: DropCause, count: number): void {
    this.#drops[cause] += count;
  }

  /** Capture ended with an error and will be tried again. */
  failed(message: string): void {
    this.#restarts += 1;
    this.#lastError = message;
  }

  /** The camera starts anew: its rate is not that of the run before. */
  started(): void {
    this.#rate.reset();
  }
}
