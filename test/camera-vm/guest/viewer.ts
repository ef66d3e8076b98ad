/**
 * Watches an MJPEG stream in the camera VM and prints one JSON line for each part that carries a new picture:
 *   node viewer.js PORT PATH
 * The guest's clock stamps them. Ends when the stream does, with status 1.
 */
import { watchMjpeg } from "../../support/mjpeg-client.ts";

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
const client = await watchMjpeg(Number(port), path);
if (!client.head.startsWith("HTTP/1.1 200 ")) throw new Error(client.head);
process.stdout.write("watching\n");
let last: string | undefined;
for (;;) {
  const part = await client.next();
  const timestamp = part.headers["x-timestamp"] ?? "";
  if (timestamp !== last) {
    last = timestamp;
    const picture: SeenPicture = {
      atNs: process.hrtime.bigint().toString(),
      timestamp,
      sizeBytes: part.body.length,
      ...jpegSize(part.body),
    };
    process.stdout.write(`${JSON.stringify(picture)}\n`);
  }
}
