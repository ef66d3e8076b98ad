import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { FrameWaiter } from "../../hub/frame-waiter.ts";
import type { JpegFrame } from "../../media/frame.ts";
import type { IncomingMessage, Publisher } from "./message.ts";
import type { FitPicture } from "./ports.ts";

export interface SnapshotsOptions {
  readonly feed: CameraFeed;
  readonly topic: string;
  readonly publisher: Publisher;
  readonly waiter: FrameWaiter;
  readonly fit: FitPicture;
  readonly log: Log;
  /** A picture was taken. */
  onTaken(frame: JpegFrame): Promise<void>;
}

/** Where an answer is wanted, by MQTT 5. */
type Asker = Pick<IncomingMessage, "responseTopic" | "correlationData">;

/** Pictures on request: each is published, and returned to whoever said where. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #last: Buffer | undefined;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Takes a picture now. Never rejects: a camera that gives none is told to the asker and the log. */
  async take(asker: Asker, signal: AbortSignal): Promise<void> {
    const { feed, topic, waiter, log, onTaken } = this.#options;
    try {
      const frame = await waiter.next(feed, signal);
      this.#last = await this.#fitFor(frame, topic);
      this.#publish(topic, this.#last);
      if (asker.responseTopic !== undefined) this.#answer(asker, await this.#fitFor(frame, asker.responseTopic));
      await onTaken(frame);
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({}, `no snapshot by MQTT: ${reason}`);
      this.#answer(asker, { error: reason });
    }
  }

  /** The last one again, for somebody who was not there. */
  repeat(): void {
    if (this.#last && this.#options.feed.state.status.state !== "off") this.#publish(this.#options.topic, this.#last);
  }

  /** Switched off: the last picture is history. */
  forget(): void {
    this.#last = undefined;
  }

  async #fitFor(frame: JpegFrame, topic: string): Promise<Buffer> {
    const { publisher, fit, log } = this.#options;
    const maxBytes = publisher.maxPayloadBytes(topic);
    const { bytes, width, height } = await fit(frame, { maxBytes });
    if (bytes !== frame.bytes) {
      const from = `${frame.width}x${frame.height}, ${frame.bytes.length} bytes`;
      log.info(
        {},
        `snapshot scaled down from ${from} to ${width}x${height}: the broker takes ${maxBytes} bytes at most`,
      );
    }
    return bytes;
  }

  #publish(topic: string, payload: Buffer): void {
    this.#options.publisher.publish({ topic, payload, qos: 0, retain: false, contentType: "image/jpeg" });
  }

  #answer({ responseTopic, correlationData }: Asker, answer: Buffer | object): void {
    if (responseTopic === undefined) return;
    const isPicture = Buffer.isBuffer(answer);
    this.#options.publisher.publish({
      topic: responseTopic,
      payload: isPicture ? answer : JSON.stringify(answer),
      contentType: isPicture ? "image/jpeg" : "application/json",
      qos: 1,
      retain: false,
      isEvent: true,
      ...(correlationData && { correlationData }),
    });
  }
}
