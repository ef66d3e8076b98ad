import type { Codec, H264Frame, JpegFrame, RawFrame } from "../media/frame.ts";
import type { FrameHub } from "./frame-hub.ts";
import type { StreamStateReader } from "./stream-state.ts";

/** Why a captured frame went no further. */
export type DropCause =
  | "error-flag" // V4L2_BUF_FLAG_ERROR
  | "sequence-gap" // lost in the driver, seen by `sequence`
  | "stale" // a newer one was already there
  | "corrupt" // not a whole JPEG
  | "settling" // before the exposure settled
  | "encoder-busy"; // the encoder was still at the one before

/** What the camera delivers at present. */
export interface CaptureFormat {
  readonly codec: Codec;
  /** V4L2's name or the source's own, e.g. `MJPG`, `YUYV`. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  /** Nominal frames a second as the driver granted it; 0 where it does not say. */
  readonly fps: number;
}

/** Counters of one camera since the process started. */
export interface CaptureStats {
  /** Frames published on any track. */
  readonly frames: number;
  /** Bytes of those frames. */
  readonly bytes: number;
  /** Measured frames a second over the last seconds; 0 when none came. */
  readonly fps: number;
  readonly drops: Readonly<Record<DropCause, number>>;
  /** Frames lost between driver and viewers are in `drops`; this is how often capture had to be started again. */
  readonly restarts: number;
  /** The last failure in plain words, undefined when there was none. */
  readonly lastError: string | undefined;
}

/** One camera as every output sees it. */
export interface CameraFeed {
  /** `[a-z0-9-]+`, stable across restarts and replugs. */
  readonly id: string;
  readonly name: string;
  readonly source: "v4l2" | "command" | "test-pattern";
  /** Device path or command line, for people. */
  readonly origin: string;
  readonly jpeg: FrameHub<JpegFrame>;
  readonly h264: FrameHub<H264Frame>;
  readonly raw: FrameHub<RawFrame>;
  readonly state: StreamStateReader;
  /** Undefined until the camera was opened once. */
  readonly format: CaptureFormat | undefined;
  readonly stats: CaptureStats;
}
