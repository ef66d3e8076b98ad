import { ProtocolError } from "../core/errors.ts";
import type { PixelFormat, RawFrame } from "../media/frame.ts";

/** Where the lines of one plane are. */
export interface Plane {
  /** Of the first line. */
  readonly offset: number;
  /** From one line to the next. */
  readonly bytesPerLine: number;
  /** Bytes of a line that carry pixels. */
  readonly lineBytes: number;
  readonly lines: number;
}

/** A picture's measures as in {@link RawFrame}. */
export type RawShape = Pick<RawFrame, "pixelFormat" | "width" | "height" | "bytesPerLine">;

/** Width and height of the chroma planes of 4:2:0; odd pictures have half a pixel more. */
function half(length: number): number {
  return (length + 1) >> 1;
}

/** Bytes of a line of the first plane that carry pixels. */
export function lineBytesOf(format: PixelFormat, width: number): number {
  if (format === "YUYV" || format === "UYVY") return half(width) * 4;
  if (format === "RGB24" || format === "BGR24") return width * 3;
  return width;
}

/** The planes of a picture, in their order: one after the other, chroma lines as V4L2 pads them. */
export function planesOf({ pixelFormat, width, height, bytesPerLine }: RawShape): Plane[] {
  const first = { offset: 0, bytesPerLine, lineBytes: lineBytesOf(pixelFormat, width), lines: height };
  const offset = bytesPerLine * height;
  const lines = half(height);
  if (pixelFormat === "NV12") {
    const lineBytes = 2 * half(width);
    return [first, { offset, bytesPerLine: Math.max(bytesPerLine, lineBytes), lineBytes, lines }];
  }
  if (pixelFormat === "YU12") {
    const chroma = { bytesPerLine: half(bytesPerLine), lineBytes: half(width), lines };
    return [first, { ...chroma, offset }, { ...chroma, offset: offset + chroma.bytesPerLine * lines }];
  }
  return [first];
}

/** The same picture without padding at the ends of lines. */
export function tightPlanesOf(format: PixelFormat, width: number, height: number): Plane[] {
  let offset = 0;
  return planesOf({ pixelFormat: format, width, height, bytesPerLine: lineBytesOf(format, width) }).map((plane) => {
    const tight = { ...plane, offset, bytesPerLine: plane.lineBytes };
    offset = endOf(tight);
    return tight;
  });
}

/** Offset behind the last pixel of a plane; padding after it may be missing. */
export function endOf({ offset, bytesPerLine, lineBytes, lines }: Plane): number {
  return offset + bytesPerLine * (lines - 1) + lineBytes;
}

/** The planes of `frame`; throws ProtocolError when its bytes do not hold what its measures say. */
export function checkedPlanesOf(frame: RawFrame): Plane[] {
  const { width, height, bytes, pixelFormat, bytesPerLine } = frame;
  const size = `${pixelFormat} ${width}x${height}`;
  if (!(width > 0 && height > 0)) throw new ProtocolError(`raw frame: no picture (${size})`);
  const needed = lineBytesOf(pixelFormat, width);
  if (bytesPerLine < needed) {
    throw new ProtocolError(`raw frame: ${bytesPerLine} bytes a line, ${needed} needed (${size})`);
  }
  const planes = planesOf(frame);
  const end = Math.max(...planes.map(endOf));
  if (bytes.length < end) throw new ProtocolError(`raw frame: ${bytes.length} bytes, ${end} needed (${size})`);
  return planes;
}

/** Copies the pixels of all planes of `source` to where `to` has them in `target`. */
export function copyPlanes(source: Buffer, from: readonly Plane[], target: Buffer, to: readonly Plane[]): void {
  for (const [index, plane] of from.entries()) {
    const place = to[index];
    if (place) copyPlane(source, plane, target, place);
  }
}

function copyPlane(source: Buffer, from: Plane, target: Buffer, to: Plane): void {
  if (from.bytesPerLine === to.bytesPerLine) {
    source.copy(target, to.offset, from.offset, endOf(from));
    return;
  }
  for (let line = 0; line < to.lines; line++) {
    const start = from.offset + line * from.bytesPerLine;
    source.copy(target, to.offset + line * to.bytesPerLine, start, start + to.lineBytes);
  }
}
