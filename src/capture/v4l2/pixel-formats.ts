import type { PixelFormat } from "../../media/frame.ts";

/** What a V4L2 pixel format means to us. */
export type PixelLayout =
  | { readonly codec: "jpeg"; readonly name: string }
  | {
      readonly codec: "raw";
      readonly name: string;
      readonly pixelFormat: PixelFormat;
      /** Planes that the format keeps in memory of their own (the M variants), else 1. */
      readonly memoryPlanes: number;
    };

const raw = (name: string, pixelFormat: PixelFormat, memoryPlanes = 1): PixelLayout => ({
  codec: "raw",
  name,
  pixelFormat,
  memoryPlanes,
});

/** Every pixel format that can be captured, by FourCC, best first: what is cheap to turn into a good JPEG. */
const layouts: ReadonlyMap<string, PixelLayout> = new Map([
  ["MJPG", { codec: "jpeg", name: "mjpeg" }],
  ["JPEG", { codec: "jpeg", name: "mjpeg" }],
  ["YUYV", raw("yuyv", "YUYV")],
  ["UYVY", raw("uyvy", "UYVY")],
  ["NV12", raw("nv12", "NV12")],
  ["NM12", raw("nv12", "NV12", 2)],
  ["YU12", raw("yu12", "YU12")],
  ["YM12", raw("yu12", "YU12", 3)],
  ["RGB3", raw("rgb24", "RGB24")],
  ["BGR3", raw("bgr24", "BGR24")],
  ["GREY", raw("grey", "GREY")],
]);

/** How a FourCC is laid out, or undefined where it cannot be used. */
export function pixelLayout(fourcc: string): PixelLayout | undefined {
  return layouts.get(fourcc);
}

/** Position in our order of preference: 0 is the best; Infinity where the format cannot be used. */
export function pixelFormatRank(fourcc: string): number {
  const rank = [...layouts.keys()].indexOf(fourcc);
  return rank < 0 ? Number.POSITIVE_INFINITY : rank;
}

/** The four characters of a V4L2 pixel format, trailing blanks removed as v4l2-ctl does not: `Y16`. */
export function decodeFourcc(value: number): string {
  // Bit 31 marks the big-endian variant.
  const letters = [0, 8, 16, 24].map((shift) => String.fromCharCode((value >>> shift) & 0x7f)).join("");
  return value >>> 31 === 1 ? `${letters.trimEnd()}-BE` : letters.trimEnd();
}

/** The other way round. */
export function encodeFourcc(fourcc: string): number {
  const bigEndian = fourcc.endsWith("-BE");
  const letters = (bigEndian ? fourcc.slice(0, -3) : fourcc).padEnd(4, " ");
  return Buffer.from(letters, "latin1").readUInt32LE() + (bigEndian ? 2 ** 31 : 0);
}

/** Where one plane of a picture lies. */
export interface PlaneLayout {
  readonly bytesPerLine: number;
  readonly lines: number;
}

/** Bytes of one line of the first plane without padding. */
export function lineBytes(format: PixelFormat, width: number): number {
  if (format === "YUYV" || format === "UYVY") return 2 * (width + (width % 2));
  if (format === "RGB24" || format === "BGR24") return 3 * width;
  return width;
}

/** The planes of a picture, one after the other, whose first plane has lines of `bytesPerLine` bytes. */
export function planeLayouts(format: PixelFormat, height: number, bytesPerLine: number): readonly PlaneLayout[] {
  const first = { bytesPerLine, lines: height };
  const chromaLines = Math.ceil(height / 2);
  if (format === "NV12") return [first, { bytesPerLine, lines: chromaLines }];
  if (format !== "YU12") return [first];
  const chroma = { bytesPerLine: Math.ceil(bytesPerLine / 2), lines: chromaLines };
  return [first, chroma, chroma];
}

/** Bytes of all of them together. */
export function pictureBytes(planes: readonly PlaneLayout[]): number {
  return planes.reduce((sum, plane) => sum + plane.bytesPerLine * plane.lines, 0);
}
