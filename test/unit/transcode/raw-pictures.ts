// One picture in every raw layout, and its true colours.
import type { PixelFormat, RawFrame } from "../../../src/media/frame.ts";
import { planesOf, lineBytesOf, endOf } from "../../../src/transcode/raw-layout.ts";

/** All there are. */
export const pixelFormats: readonly PixelFormat[] = ["YUYV", "UYVY", "NV12", "YU12", "RGB24", "BGR24", "GREY"];

type Rgb = readonly [number, number, number];

/** The test picture: red, green, blue and grey quarters with a soft slope, so that a swap of anything shows. */
export function colourAt(x: number, y: number, width: number, height: number): Rgb {
  const slope = Math.round((30 * x) / width);
  const left = x < width / 2;
  if (y < height / 2) return left ? [180 + slope, 40, 30] : [30, 150 + slope, 60];
  return left ? [40, 50, 170 + slope] : [100 + slope, 100 + slope, 100 + slope];
}

/** JFIF's Y, Cb and Cr. */
export function toYcc([r, g, b]: Rgb): Rgb {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  return [Math.round(y), Math.round((b - y) / 1.772 + 128), Math.round((r - y) / 1.402 + 128)];
}

/** The test picture as a frame; `padding` bytes of rubbish at the end of every line of the first plane. */
export function rawPicture(pixelFormat: PixelFormat, width: number, height: number, padding = 0): RawFrame {
  const bytesPerLine = lineBytesOf(pixelFormat, width) + padding;
  const shape = { pixelFormat, width, height, bytesPerLine };
  const planes = planesOf(shape);
  const bytes = Buffer.alloc(Math.max(...planes.map(endOf)), 0x77);
  const put = (plane: number, x: number, y: number, value: number): void => {
    const { offset = 0, bytesPerLine: stride = 0 } = planes[plane] ?? {};
    bytes[offset + y * stride + x] = value;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) putPixel(pixelFormat, x, y, colourAt(x, y, width, height), put);
  }
  return { ...shape, codec: "raw", keyframe: true, bytes, captureTimeNs: 123n, sequence: 7 };
}

function putPixel(
  format: PixelFormat,
  x: number,
  y: number,
  rgb: Rgb,
  put: (plane: number, x: number, y: number, value: number) => void,
): void {
  const [luma, cb, cr] = toYcc(rgb);
  const pair = (x >> 1) * 4;
  const chroma = { x: x >> 1, y: y >> 1 };
  if (format === "RGB24") rgb.forEach((value, index) => put(0, 3 * x + index, y, value));
  else if (format === "BGR24") rgb.forEach((value, index) => put(0, 3 * x + 2 - index, y, value));
  else if (format === "YUYV") {
    put(0, 2 * x, y, luma);
    put(0, pair + 1, y, cb);
    put(0, pair + 3, y, cr);
  } else if (format === "UYVY") {
    put(0, 2 * x + 1, y, luma);
    put(0, pair, y, cb);
    put(0, pair + 2, y, cr);
  } else {
    put(0, x, y, luma);
    if (format === "NV12") {
      put(1, 2 * chroma.x, chroma.y, cb);
      put(1, 2 * chroma.x + 1, chroma.y, cr);
    } else if (format === "YU12") {
      put(1, chroma.x, chroma.y, cb);
      put(2, chroma.x, chroma.y, cr);
    }
  }
}
