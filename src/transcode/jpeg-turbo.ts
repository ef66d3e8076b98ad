import { createRequire } from "node:module";

/** What we use of `@julusian/jpeg-turbo`; its own types promise a looser `Buffer`. */
export interface JpegTurbo {
  readonly FORMAT_RGB: number;
  readonly FORMAT_BGR: number;
  readonly FORMAT_BGRX: number;
  readonly FORMAT_GRAY: number;
  readonly SAMP_420: number;
  readonly SAMP_422: number;
  readonly SAMP_GRAY: number;
  bufferSize(options: { width: number; height: number; subsampling: number }): number;
  /** `stride` in pixels. The result is a view of `out` where that is given. */
  compressSync(pixels: Buffer, out: Buffer, options: CompressOptions): Buffer;
  compressSync(pixels: Buffer, options: CompressOptions): Buffer;
  /** Works in libuv's pool. */
  decompress(jpeg: Buffer, options: { format: number }): Promise<{ data: Buffer; width: number; height: number }>;
}

/** Options of {@link JpegTurbo.compressSync}. */
interface CompressOptions {
  readonly format: number;
  readonly width: number;
  readonly height: number;
  readonly stride?: number;
  readonly quality: number;
  readonly subsampling: number;
}

const require = createRequire(import.meta.url);

let loaded: JpegTurbo | undefined;

/** The native library, loaded on first use: who never encodes nor decodes does not pay for it. */
export function loadJpegTurbo(): JpegTurbo {
  loaded ??= require("@julusian/jpeg-turbo") as JpegTurbo;
  return loaded;
}
