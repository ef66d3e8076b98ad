import { runTool } from "../support/run-tool.ts";

/** Planes of a picture in 4:2:2: luma at full size, chroma at half the width. */
export interface Planes {
  readonly luma: Uint8Array;
  readonly blue: Uint8Array;
  readonly red: Uint8Array;
}

/** The stamp that the fake camera draws into raw pictures (test/support/native/frame-stamp.h). */
export interface PictureStamp {
  /** CLOCK_MONOTONIC. */
  readonly captureNs: bigint;
  readonly sequence: number;
}

const squarePixels = 8;
const squares = 96;

/** Rows that the stamp and its ringing may have changed: two rows of the encoder's 16x16 units. */
const stampedRows = 32;

/** Decodes JPEGs of one size to 4:2:2 without touching the values' range; one picture each, in order. */
export async function decodeJpegs(jpegs: readonly Buffer[], width: number, height: number): Promise<Planes[]> {
  const input = ["-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-i", "-"];
  const output = ["-fps_mode", "passthrough", "-pix_fmt", "yuvj422p", "-f", "rawvideo", "-"];
  const raw = await runTool("ffmpeg", [...input, ...output], Buffer.concat(jpegs));
  const pixels = width * height;
  if (raw.length !== jpegs.length * pixels * 2) {
    throw new Error(`${jpegs.length} pictures decoded to ${raw.length / (pixels * 2)} of ${width}x${height}`);
  }
  return jpegs.map((_, index) => {
    const at = index * pixels * 2;
    return {
      luma: raw.subarray(at, at + pixels),
      blue: raw.subarray(at + pixels, at + pixels * 1.5),
      red: raw.subarray(at + pixels * 1.5, at + pixels * 2),
    };
  });
}

/** Takes YUYV (Y0 U Y1 V) apart. */
export function splitYuyv(bytes: Uint8Array): Planes {
  const luma = new Uint8Array(bytes.length / 2);
  const blue = new Uint8Array(bytes.length / 4);
  const red = new Uint8Array(bytes.length / 4);
  for (let pair = 0; pair < blue.length; pair++) {
    const at = pair * 4;
    luma[pair * 2] = bytes[at] ?? 0;
    blue[pair] = bytes[at + 1] ?? 0;
    luma[pair * 2 + 1] = bytes[at + 2] ?? 0;
    red[pair] = bytes[at + 3] ?? 0;
  }
  return { luma, blue, red };
}

/** Reads the black and white squares along the upper edge, each in its middle. */
export function readPictureStamp(luma: Uint8Array, width: number): PictureStamp {
  let bits = 0n;
  for (let square = 0; square < squares; square++) {
    const middle = (squarePixels / 2) * width + square * squarePixels + squarePixels / 2;
    bits = (bits << 1n) | ((luma[middle] ?? 0) >= 128 ? 1n : 0n);
  }
  return { captureNs: bits >> 32n, sequence: Number(bits & 0xffff_ffffn) };
}

function squaredError(a: Uint8Array, b: Uint8Array, from: number): number {
  let sum = 0;
  for (let index = from; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

function decibels(error: number, samples: number): number {
  return error === 0 ? Infinity : 10 * Math.log10((255 * 255 * samples) / error);
}

/** Peak signal-to-noise ratio in dB of the brightness alone and of all three planes, below the stamp. */
export function comparePlanes(a: Planes, b: Planes, width: number): { readonly luma: number; readonly all: number } {
  const fromLuma = stampedRows * width;
  const luma = squaredError(a.luma, b.luma, fromLuma);
  const chroma = squaredError(a.blue, b.blue, fromLuma / 2) + squaredError(a.red, b.red, fromLuma / 2);
  const samples = a.luma.length - fromLuma;
  return { luma: decibels(luma, samples), all: decibels(luma + chroma, samples * 2) };
}
