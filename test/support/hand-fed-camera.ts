import { systemClock } from "../../src/core/clock.ts";
import type { CameraFeed, CaptureFormat, CaptureStats } from "../../src/hub/camera-feed.ts";
import { FrameHub } from "../../src/hub/frame-hub.ts";
import { StreamState } from "../../src/hub/stream-state.ts";
import type { H264Frame, JpegFrame, RawFrame } from "../../src/media/frame.ts";

const stats: CaptureStats = {
  frames: 0,
  bytes: 0,
  fps: 0,
  drops: { "error-flag": 0, "sequence-gap": 0, stale: 0, corrupt: 0, settling: 0, "encoder-busy": 0 },
  restarts: 0,
  lastError: undefined,
};

/** A camera whose frames and state the test makes. */
export class HandFedCamera implements CameraFeed {
  readonly id: string;
  readonly name: string;
  readonly source = "test-pattern";
  readonly origin = "hand";
  readonly jpeg = new FrameHub<JpegFrame>();
  readonly h264 = new FrameHub<H264Frame>();
  readonly raw = new FrameHub<RawFrame>();
  readonly state = new StreamState(systemClock, "idle", "nobody is watching");
  readonly format: CaptureFormat = { codec: "jpeg", pixelFormat: "MJPG", width: 64, height: 48, fps: 30 };
  readonly stats = stats;
  #sequence = 0;

  constructor(id: string) {
    this.id = id;
    this.name = id;
  }

  /** Publishes `bytes` as the next frame, captured just now. */
  show(bytes: Buffer): JpegFrame {
    this.#sequence += 1;
    const captureTimeNs = systemClock.monotonicNs();
    const frame: JpegFrame = {
      codec: "jpeg",
      keyframe: true,
      bytes,
      width: 64,
      height: 48,
      captureTimeNs,
      sequence: this.#sequence,
    };
    this.state.set("live", "frames are coming");
    this.jpeg.publish(frame);
    return frame;
  }

  /** The camera goes away: no newest frame any more. */
  lose(reason: string): void {
    this.state.set("lost", reason);
    this.jpeg.clear();
  }

  /** Resolves when the number of subscribers is `demand`. */
  whenDemand(demand: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.jpeg.demand === demand) {
        resolve();
        return;
      }
      const leave = this.jpeg.onDemand((present) => {
        if (present !== demand) return;
        leave();
        resolve();
      });
    });
  }
}
