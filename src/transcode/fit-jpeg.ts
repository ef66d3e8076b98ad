import { ProtocolError } from "../core/errors.ts";

/** A JPEG with its size in pixels. */
export interface SizedJpeg {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** What a picture has to fit into. */
export interface JpegBounds {
  /** Pixels; absent: as wide as it is. */
  readonly maxWidth?: number;
  readonly maxBytes: number;
}

const quality = 80;
/** A picture narrower than this shows nothing. */
const minWidth = 32;

/**
 * The picture at most as wide and as long as `bounds` say: the same bytes where they fit, else scaled down (never up) off the
 * event loop. Rejects with ProtocolError when it cannot be decoded, with RangeError when nothing of it fits.
 */
export async function fitJpeg(picture: SizedJpeg, { maxWidth, maxBytes }: JpegBounds): Promise<SizedJpeg> {
  let width = Math.min(picture.width, maxWidth ?? picture.width);
  if (width === picture.width && picture.bytes.length <= maxBytes) return picture;
  const sharp = await loadSharp();
  while (width >= minWidth) {
    const fitted = await scale(sharp, picture.bytes, width);
    if (fitted.bytes.length <= maxBytes) return fitted;
    // Bytes go about with the area; a little less, for small pictures have more bytes a pixel.
    width = Math.floor(width * Math.min(0.9, Math.sqrt(maxBytes / fitted.bytes.length) * 0.95));
  }
  throw new RangeError(`a picture of ${picture.width}x${picture.height} cannot be made as small as ${maxBytes} bytes`);
}

async function scale(sharp: SharpModule, bytes: Buffer, width: number): Promise<SizedJpeg> {
  try {
    const image = sharp(bytes, { failOn: "none" });
    const { data, info } = await image.resize({ width, withoutEnlargement: true }).jpeg({ quality }).toBuffer({
      resolveWithObject: true,
    });
    return { bytes: data, width: info.width, height: info.height };
  } catch (error) {
    throw new ProtocolError("JPEG: cannot be decoded", 400, { cause: error });
  }
}

type SharpModule = Awaited<ReturnType<typeof loadSharp>>;

/** Loaded when the first picture does not fit, not before. */
async function loadSharp() {
  const { default: sharp } = await import("sharp");
  sharp.cache(false); // no picture comes twice
  sharp.concurrency(1);
  return sharp;
}
