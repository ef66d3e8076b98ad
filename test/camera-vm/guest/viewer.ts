/**
 * Watches an MJPEG stream in the camera VM and prints one JSON line for each part that carries a new picture:
 *   node viewer.js PORT PATH
 * The guest's clock stamps them. Ends when the stream does, with status 1.
 */
import { MixedReplaceDecoder, mjpegBoundary, type Part } from "../../../src/protocol/multipart/mixed-replace.ts";

/** One new picture; parts that repeat the one before are not printed. */
export interface SeenPicture {
  /** The guest's CLOCK_MONOTONIC in nanoseconds, decimal. */
  readonly atNs: string;
  /** The part's X-Timestamp: capture time, seconds. */
  readonly timestamp: string;
  readonly sizeBytes: number;
  /** Pixels, from the JPEG itself. */
  readonly width: number;
  readonly height: number;
}

/** Size of a baseline or progressive JPEG: the first SOF segment after SOI. */
function jpegSize(bytes: Buffer): { width: number; height: number } {
  let offset = 2;
  while (offset + 9 < bytes.length) {
    const marker = bytes[offset + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2) {
      return { height: bytes.readUInt16BE(offset + 5), width: bytes.readUInt16BE(offset + 7) };
    }
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  throw new Error("a part without a frame header");
}

const [port = "", path = ""] = process.argv.slice(2);
const decoder = new MixedReplaceDecoder(mjpegBoundary, 16 * 1024 * 1024);
let last: string | undefined;

function show(part: Part): void {
  const timestamp = part.headers["x-timestamp"] ?? "";
  if (timestamp === last) return;
  last = timestamp;
  const picture: SeenPicture = {
    atNs: process.hrtime.bigint().toString(),
    timestamp,
    sizeBytes: part.body.length,
    ...jpegSize(part.body),
  };
  process.stdout.write(`${JSON.stringify(picture)}\n`);
}

const response = await fetch(`http://127.0.0.1:${port}${path}`);
if (response.status !== 200 || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
process.stdout.write("watching\n");
for await (const chunk of response.body) {
  for (const part of decoder.push(Buffer.from(chunk))) show(part);
}
throw new Error("the stream ended");
