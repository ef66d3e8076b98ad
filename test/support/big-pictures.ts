import sharp from "sharp";

/** A JPEG with its size in pixels. */
interface TestPicture {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** One grey: as short as a JPEG can be. */
export async function plainPicture(width: number, height: number): Promise<TestPicture> {
  const pixels = { create: { width, height, channels: 3, background: "#808080" } } as const;
  return { bytes: await sharp(pixels).jpeg().toBuffer(), width, height };
}

/** Noise in full quality: longer than anything that a camera of this size sends. 1920x1440 is more than 4 MB. */
export async function noisePicture(width: number, height: number): Promise<TestPicture> {
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const pixels = { create: { width, height, channels: 3, background: "#808080", noise } } as const;
  const bytes = await sharp(pixels).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
  return { bytes, width, height };
}
