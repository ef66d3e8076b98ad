/** Uncompressed layouts we can turn into JPEG, by their V4L2 names (FourCC in brackets where it differs). */
export type PixelFormat =
  | "YUYV"
  | "UYVY"
  | "NV12"
  | "YU12" // planar 4:2:0, Y U V
  | "RGB24" // 'RGB3'
  | "BGR24" // 'BGR3'
  | "GREY";

/** How `bytes` is coded. */
export type Codec = "jpeg" | "h264" | "raw";

interface FrameBase {
  /** Every viewer shares it. Never written to after the frame was published, except as {@link RawFrame} says. */
  readonly bytes: Buffer;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** CLOCK_MONOTONIC nanoseconds from the driver's buffer (V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC), not the arrival. */
  readonly captureTimeNs: bigint;
  /** The source's own count; a gap means frames lost before us. */
  readonly sequence: number;
}

/** One complete picture that decodes by itself. */
export interface JpegFrame extends FrameBase {
  readonly codec: "jpeg";
  readonly keyframe: true;
}

/** One H.264 access unit in Annex B. */
export interface H264Frame extends FrameBase {
  readonly codec: "h264";
  /** True for an access unit that starts with an IDR picture. */
  readonly keyframe: boolean;
}

/** So many further frames a source delivers before it may use the memory of a {@link RawFrame} again. */
export const rawFrameLifetime = 3;

/**
 * One uncompressed picture. Its `bytes` stay as they are until {@link rawFrameLifetime} further frames of its source were
 * delivered, then another picture may be put there: who needs them longer takes a copy.
 */
export interface RawFrame extends FrameBase {
  readonly codec: "raw";
  readonly keyframe: true;
  readonly pixelFormat: PixelFormat;
  /** Bytes from one line to the next in the first plane, >= the width's own bytes (v4l2_pix_format.bytesperline). */
  readonly bytesPerLine: number;
}

/** One immutable unit of video. */
export type Frame = JpegFrame | H264Frame | RawFrame;
