import { ProtocolError } from "../core/errors.ts";
import type { JpegFrame, RawFrame } from "../media/frame.ts";
import { loadJpegTurbo } from "./jpeg-turbo.ts";
import { checkedPlanesOf } from "./raw-layout.ts";

/** Every so-many-th pixel counts, in both directions; prime, so that no sensor's pattern falls in with it. */
const STEP = 5;

/** Larger pictures are not decoded just to see how bright they are. */
const MAX_PIXELS = 64 * 1024 * 1024;

/** BT.601. */
const RED_SHARE = 0.299;
const GREEN_SHARE = 0.587;
const BLUE_SHARE = 0.114;

/**
 * Mean brightness, 0 to 255. JPEG is decoded in libuv's pool, raw is looked at on the spot. Rejects with ProtocolError
 * when the picture cannot be decoded.
 */
export async function meanLuma(frame: JpegFrame | RawFrame): Promise<number> {
  return frame.codec === "jpeg" ? meanOfJpeg(frame) : meanOfRaw(frame);
}

async function meanOfJpeg(frame: JpegFrame): Promise<number> {
  if (frame.width * frame.height > MAX_PIXELS) {
    throw new ProtocolError(`JPEG: ${frame.width}x${frame.height} is too large to decode`);
  }
  const turbo = loadJpegTurbo();
  try {
    const { data, width, height } = await turbo.decompress(frame.bytes, { format: turbo.FORMAT_GRAY });
    return meanOf(width, height, (x, y) => data[y * width + x] ?? 0);
  } catch (error) {
    throw new ProtocolError("JPEG: cannot be decoded", 400, { cause: error });
  }
}

function meanOfRaw(frame: RawFrame): number {
  const { bytes, width, height, bytesPerLine, pixelFormat } = frame;
  checkedPlanesOf(frame);
  const at = (x: number, y: number, step: number, first: number): number =>
    bytes[y * bytesPerLine + x * step + first] ?? 0;
  const rgb = (red: number, blue: number) => (x: number, y: number) =>
    RED_SHARE * at(x, y, 3, red) + GREEN_SHARE * at(x, y, 3, 1) + BLUE_SHARE * at(x, y, 3, blue);
  if (pixelFormat === "RGB24") return meanOf(width, height, rgb(0, 2));
  if (pixelFormat === "BGR24") return meanOf(width, height, rgb(2, 0));
  if (pixelFormat === "YUYV") return meanOf(width, height, (x, y) => at(x, y, 2, 0));
  if (pixelFormat === "UYVY") return meanOf(width, height, (x, y) => at(x, y, 2, 1));
  return meanOf(width, height, (x, y) => at(x, y, 1, 0));
}

function meanOf(width: number, height: number, lumaAt: (x: number, y: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y += STEP) {
    for (let x = 0; x < width; x += STEP) {
      sum += lumaAt(x, y);
      count++;
    }
  }
  return sum / count;
}
