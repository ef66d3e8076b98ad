import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { Publisher } from "./message.ts";
import type { CameraPorts } from "./ports.ts";
import { StateTopics } from "./state-topics.ts";
import type { CameraTopics } from "./topics.ts";

export interface MotionReporterOptions {
  readonly feed: CameraFeed;
  readonly topics: CameraTopics;
  readonly publisher: Publisher;
  readonly ports: CameraPorts;
}

/** Says when movement begins and ends; says nothing at all where nobody looks for it, so that it is unknown. */
export class MotionReporter {
  readonly #options: MotionReporterOptions;
  readonly #states: StateTopics;
  #isMoving = false;
  #isConnected = false;
  #leave: (() => void) | undefined;

  constructor(options: MotionReporterOptions) {
    this.#options = options;
    this.#states = new StateTopics(options.publisher);
  }

  start(): void {
    const { feed, ports } = this.#options;
    if (!ports.hasMotion(feed.id)) return;
    this.#leave = ports.motion?.onChange((id, isMoving) => {
      if (id === feed.id) this.#changed(isMoving);
    });
  }

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  connected(): void {
    this.#isConnected = true;
    this.#states.forget();
    this.#tell();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  repeat(): void {
    this.#states.repeat();
  }

  #changed(isMoving: boolean): void {
    if (isMoving === this.#isMoving) return;
    this.#isMoving = isMoving;
    this.#tell();
    if (!this.#isConnected) return;
    const { publisher, topics } = this.#options;
    const payload = JSON.stringify({ event_type: isMoving ? "motion_start" : "motion_end" });
    publisher.publish({ topic: topics.event, payload, qos: 1, retain: false, isEvent: true });
  }

  #tell(): void {
    if (this.#isConnected && this.#leave) this.#states.tell(this.#options.topics.motion, this.#isMoving ? "ON" : "OFF");
  }
}
