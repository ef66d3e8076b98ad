// Pictures as cameras send them, made from one that is right.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { readSegment } from "../../../../src/media/jpeg/markers.ts";
import type { JpegTurbo } from "../../../../src/transcode/jpeg-turbo.ts";

const turbo = createRequire(import.meta.url)("@julusian/jpeg-turbo") as JpegTurbo;

export const WIDTH = 64;
export const HEIGHT = 48;

/** A colourful JFIF picture of 64x48 with the typical Huffman tables. `seed` makes another picture. */
export function plainJpeg(seed = 1, width = WIDTH, height = HEIGHT): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * seed * 7 + ((at * at) >> 5) * 3) & 0xff;
  const options = { format: turbo.FORMAT_RGB, width, height, quality: 70, subsampling: turbo.SAMP_420 };
  return Buffer.from(turbo.compressSync(pixels, options));
}

/** 48x32, restart markers after every second MCU (libjpeg-turbo, `restart_interval = 2`). */
export const restartJpeg: Buffer = readFileSync("test/fixtures/jpeg/restart-markers-48x32.jpg");

/** `marker` with its length and `payload`. */
export function segment(marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** `jpeg` with `extra` right behind its SOI. */
export function withSegments(jpeg: Buffer, ...extra: Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...extra, jpeg.subarray(2)]);
}

/** `jpeg` without the header segments of which `marker` is one. */
export function withoutSegments(jpeg: Buffer, marker: number): Buffer {
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  for (;;) {
    const { marker: found, start, end } = readSegment(jpeg, at);
    if (found === 0xda) return Buffer.concat([...kept, jpeg.subarray(start)]);
    if (found !== marker) kept.push(jpeg.subarray(start, end));
    at = end;
  }
}

/** What a UVC camera sends: APP0 "AVI1" instead of JFIF, no Huffman tables. */
export function uvcJpeg(seed = 1): Buffer {
  const bare = withoutSegments(withoutSegments(plainJpeg(seed), 0xe0), 0xc4);
  return withSegments(bare, segment(0xe0, Buffer.concat([Buffer.from("AVI1"), Buffer.alloc(10)])));
}

/** APP1 "Exif" with a thumbnail as phones and IP cameras make it. */
export const exifWithThumbnail: Buffer = segment(
  0xe1,
  Buffer.concat([
    Buffer.from("Exif\0\0II*\0\x08\0\0\0", "latin1"),
    Buffer.from("0000000000000e000000", "hex"),
    plainJpeg(3, 16, 16),
  ]),
);

/** APP1 "Exif" with nothing but an orientation. */
export const exifWithoutThumbnail: Buffer = segment(
  0xe1,
  Buffer.concat([
    Buffer.from("Exif\0\0MM\0*\0\0\0\x08", "latin1"),
    Buffer.from("000101120003000000010006000000000000", "hex"),
  ]),
);
