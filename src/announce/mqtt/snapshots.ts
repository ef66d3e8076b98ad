import { UnavailableError } from "../../core/errors.ts";
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
  readonly onTaken: (frame: JpegFrame) => Promise<void>;
}

/** Where an answer is wanted, by MQTT 5. */
type Asker = Pick<IncomingMessage, "responseTopic" | "correlationData">;

const pictureType = "image/jpeg";

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
      const picture = await this.#fitFor(frame, topic);
      const answer = await this.#fitForAsker(frame, asker);
      this.#checkIsOn();
      this.#last = picture;
      this.#publish(topic, picture);
      if (answer) this.#answer(asker, answer);
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

  /** The camera may have been switched off while the picture was made smaller. */
  #checkIsOn(): void {
    const { id, state } = this.#options.feed;
    if (state.status.state === "off") throw new UnavailableError(`camera ${id}: off (${state.status.reason})`);
  }

  async #fitForAsker(frame: JpegFrame, { responseTopic, correlationData }: Asker): Promise<Buffer | undefined> {
    if (responseTopic === undefined) return undefined;
    return this.#fitFor(frame, responseTopic, correlationData?.length);
  }

  /** `extraBytes`: what goes with it. */
  async #fitFor(frame: JpegFrame, topic: string, extraBytes = 0): Promise<Buffer> {
    const { publisher, fit, log } = this.#options;
    if (publisher.maxPayloadBytes(topic) === 0) throw new UnavailableError("the connection to the broker has ended");
    const maxBytes = Math.max(0, publisher.maxPayloadBytes(topic) - pictureType.length - extraBytes);
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
    this.#options.publisher.publish({ topic, payload, qos: 0, retain: false, contentType: pictureType });
  }

  #answer({ responseTopic, correlationData }: Asker, answer: Buffer | object): void {
    if (responseTopic === undefined) return;
    const isPicture = Buffer.isBuffer(answer);
    this.#options.publisher.publish({
      topic: responseTopic,
      payload: isPicture ? answer : JSON.stringify(answer),
      contentType: isPicture ? pictureType : "application/json",
      qos: 1,
      retain: false,
      isEvent: true,
      ...(correlationData && { correlationData }),
    });
  }
}
