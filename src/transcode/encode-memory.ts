import type { PixelFormat } from "../media/frame.ts";
import { GROUP_PIXELS, type KernelFormat } from "./colour-kernels.ts";
import { endOf, tightPlanesOf, type Plane } from "./raw-layout.ts";

/** How the memory that the encoder and its worker share is used for one picture: the raw one first, then B G R x. */
export interface EncodeMemory {
  readonly planes: readonly Plane[];
  /** Bytes of the raw picture, which begins at 0. */
  readonly rawBytes: number;
  /** Where B G R x begins; nothing is there for the formats that need no conversion. */
  readonly pixelsOffset: number;
  /** Pixels from one line of B G R x to the next: whole groups. */
  readonly pixelsPerLine: number;
  /** All of it. */
  readonly sizeBytes: number;
}

/** Kernels read up to a group behind the last line. */
const SLACK_BYTES = 64;

/** What must become B G R x first. */
export function needsKernel(format: PixelFormat): format is KernelFormat {
  return format === "YUYV" || format === "UYVY" || format === "NV12" || format === "YU12";
}

/** The layout for a picture of this format and size. */
export function planEncodeMemory(format: PixelFormat, width: number, height: number): EncodeMemory {
  const planes = tightPlanesOf(format, width, height);
  const rawBytes = Math.max(...planes.map(endOf));
  const pixelsOffset = Math.ceil((rawBytes + SLACK_BYTES) / SLACK_BYTES) * SLACK_BYTES;
  const pixelsPerLine = Math.ceil(width / GROUP_PIXELS) * GROUP_PIXELS;
  const sizeBytes = pixelsOffset + (needsKernel(format) ? pixelsPerLine * height * 4 : 0);
  return { planes, rawBytes, pixelsOffset, pixelsPerLine, sizeBytes };
}
