import { DeviceError } from "../../core/errors.ts";
import type { FormatChoice, FormatWish } from "./choose-format.ts";
import { formatWish } from "./choose-format.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { Libc } from "./libc.ts";
import { decodeFourcc, encodeFourcc, lineBytes, pixelLayout, type PixelLayout } from "./pixel-formats.ts";
import { VIDIOC_G_FMT, VIDIOC_G_PARM, VIDIOC_S_FMT, VIDIOC_S_PARM } from "./requests.ts";
import { v4l2Format, v4l2Streamparm } from "./structs.ts";
import * as videodev2 from "./videodev2.ts";

/** What the driver granted. */
export interface GrantedFormat {
  readonly fourcc: string;
  readonly layout: PixelLayout;
  readonly width: number;
  readonly height: number;
  /** Of each plane of memory: one but for the M formats. */
  readonly planes: readonly GrantedPlane[];
}

export interface GrantedPlane {
  /** 0 for compressed formats. */
  readonly bytesPerLine: number;
  readonly sizeBytes: number;
}

/** A picture format as G_FMT tells it. */
export interface PresentFormat {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Sets format and size, reads back what the driver made of it, and compares.
 *
 * @param refuse makes the error that says what the camera can do
 */
export async function setFormat(
  libc: Libc,
  fd: number,
  bufferType: number,
  choice: FormatChoice,
  wish: FormatWish,
  refuse: (granted: string) => DeviceError,
): Promise<GrantedFormat> {
  const format = new StructBuffer(v4l2Format).setUint32("type", bufferType);
  const pix = pixPath(bufferType);
  format.setUint32(`${pix}.width`, choice.width).setUint32(`${pix}.height`, choice.height);
  format.setUint32(`${pix}.pixelformat`, encodeFourcc(choice.fourcc));
  format.setUint32(`${pix}.field`, videodev2.V4L2_FIELD_NONE);
  await libc.worker.ioctl(fd, VIDIOC_S_FMT, format.bytes);
  const granted = readFormat(format, bufferType);
  const isSize = (wish.width ?? granted.width) === granted.width && (wish.height ?? granted.height) === granted.height;
  const layout = pixelLayout(granted.fourcc);
  if (granted.fourcc !== choice.fourcc || !isSize || !layout) {
    throw refuse(`${granted.fourcc} ${granted.width}x${granted.height}`);
  }
  return { ...granted, layout, planes: readPlanes(format, bufferType, layout, granted.width) };
}

/** What the camera is set to now; undefined where the driver does not say. Cheap: no USB transfer. */
export function presentFormat(
  libc: Libc,
  fd: number,
  bufferType: number,
  scratch: StructBuffer,
): PresentFormat | undefined {
  scratch.setUint32("type", bufferType);
  return libc.tryIoctl(fd, VIDIOC_G_FMT, scratch.bytes) === 0 ? readFormat(scratch, bufferType) : undefined;
}

function pixPath(bufferType: number): "fmt.pix" | "fmt.pix_mp" {
  return bufferType === videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE ? "fmt.pix" : "fmt.pix_mp";
}

function readFormat(format: StructBuffer, bufferType: number): PresentFormat {
  const pix = pixPath(bufferType);
  return {
    fourcc: decodeFourcc(format.uint32(`${pix}.pixelformat`)),
    width: format.uint32(`${pix}.width`),
    height: format.uint32(`${pix}.height`),
  };
}

function readPlanes(format: StructBuffer, bufferType: number, layout: PixelLayout, width: number): GrantedPlane[] {
  if (bufferType === videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE) return [readPlane(format, "fmt.pix", layout, width)];
  const count = format.uint8("fmt.pix_mp.num_planes");
  return Array.from({ length: count }, (_, index) =>
    readPlane(format, `fmt.pix_mp.plane_fmt[${index}]`, layout, index === 0 ? width : 0),
  );
}

function readPlane(format: StructBuffer, path: string, layout: PixelLayout, width: number): GrantedPlane {
  const told = format.uint32(`${path}.bytesperline`);
  // Some drivers leave it at zero: lines without padding.
  const least = layout.codec === "raw" ? lineBytes(layout.pixelFormat, width) : 0;
  return {
    bytesPerLine: layout.codec === "raw" ? Math.max(told, least) : 0,
    sizeBytes: format.uint32(`${path}.sizeimage`),
  };
}

/**
 * Sets the frame rate where the driver lets us, and answers with the rate it will really have: 0 where it does not say.
 *
 * @param fps 0: leave it, only ask
 */
export async function setRate(libc: Libc, fd: number, bufferType: number, fps: number): Promise<number> {
  const parameters = new StructBuffer(v4l2Streamparm).setUint32("type", bufferType);
  if (libc.tryIoctl(fd, VIDIOC_G_PARM, parameters.bytes) !== 0) return 0;
  const isSettable = (parameters.uint32("parm.capture.capability") & videodev2.V4L2_CAP_TIMEPERFRAME) !== 0;
  if (!isSettable || fps === 0) return readRate(parameters);
  const [numerator, denominator] = toInterval(fps);
  parameters.setUint32("parm.capture.timeperframe.numerator", numerator);
  parameters.setUint32("parm.capture.timeperframe.denominator", denominator);
  await libc.worker.ioctl(fd, VIDIOC_S_PARM, parameters.bytes);
  return readRate(parameters);
}

function readRate(parameters: StructBuffer): number {
  const numerator = parameters.uint32("parm.capture.timeperframe.numerator");
  return numerator === 0 ? 0 : parameters.uint32("parm.capture.timeperframe.denominator") / numerator;
}

/** Seconds per frame as a fraction: 30 -> 1/30, 29.97 -> 1001/30000. */
function toInterval(fps: number): readonly [number, number] {
  if (Number.isInteger(fps)) return [1, fps];
  const ntsc = (fps * 1001) / 1000;
  return Math.abs(ntsc - Math.round(ntsc)) < 0.01 ? [1001, Math.round(ntsc) * 1000] : [1000, Math.round(fps * 1000)];
}

/** The error of {@link setFormat}'s caller for a driver that granted something else. */
export function mismatch(device: string, wish: FormatWish, granted: string, offers: string): DeviceError {
  return new DeviceError(
    "format",
    `${device} gave ${granted} where ${formatWish(wish)} was asked for; it can do: ${offers}`,
  );
}
