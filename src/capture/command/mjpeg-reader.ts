import type { Clock } from "../../core/clock.ts";
import { JpegSplitter } from "../../media/jpeg/jpeg-splitter.ts";
import type { SourceSink } from "../source.ts";
import { readJpegSize } from "./jpeg-size.ts";
import { recognisableBytes, recogniseOutput } from "./output-kind.ts";

/** More than any camera's picture (a 4K one at the best quality has about 10 MB). */
const maxPictureBytes = 32 * 1024 * 1024;
const startOfImage = Buffer.from([0xff, 0xd8]);
const endOfImage = Buffer.from([0xff, 0xd9]);

/**
 * Turns a program's output (JPEG pictures one after the other, or `mpjpeg` parts) into frames. Pictures go to the sink
 * as soon as their last byte is here, so nothing but the one that is arriving is kept.
 */
export class MjpegReader {
  readonly #sink: SourceSink;
  readonly #clock: Clock;
  readonly #fps: number;
  readonly #splitter = new JpegSplitter(maxPictureBytes);
  #start: Buffer = Buffer.alloc(0);
  #firstByteNs: bigint | undefined;
  #size: { readonly width: number; readonly height: number } | undefined;
  #bytes = 0;
  #pictures = 0;

  constructor(sink: SourceSink, clock: Clock, fps: number) {
    this.#sink = sink;
    this.#clock = clock;
    this.#fps = fps;
  }

  /** Bytes taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pictures given to the sink. */
  get pictures(): number {
    return this.#pictures;
  }

  /** What the program writes instead of MJPEG, where its first bytes tell. */
  get foreign(): string | undefined {
    return this.#pictures === 0 ? recogniseOutput(this.#start) : undefined;
  }

  /** Takes what the program wrote. Returns how many pictures were completed by it. */
  push(chunk: Buffer): number {
    const nowNs = this.#clock.monotonicNs();
    this.#bytes += chunk.length;
    if (this.#start.length < recognisableBytes)
      this.#start = Buffer.concat([this.#start, chunk.subarray(0, recognisableBytes)]);
    const discarded = this.#splitter.discardedFrames;
    const pictures = this.#splitter.push(chunk);
    for (const bytes of pictures) {
      this.#publish(bytes, this.#firstByteNs ?? nowNs);
      this.#firstByteNs = nowNs;
    }
    const refused = this.#splitter.discardedFrames - discarded;
    if (refused > 0) this.#sink.drop("corrupt", refused);
    if (refused > 0 || pictures.length > 0) this.#firstByteNs = undefined;
    const rest = pictures.length > 0 ? chunk.lastIndexOf(endOfImage) + endOfImage.length : 0;
    if (chunk.includes(startOfImage, rest)) this.#firstByteNs ??= nowNs;
    return pictures.length;
  }

  #publish(bytes: Buffer, captureTimeNs: bigint): void {
    const size = readJpegSize(bytes) ?? this.#size;
    if (!size) {
      this.#sink.drop("corrupt");
      return;
    }
    if (size.width !== this.#size?.width || size.height !== this.#size.height) {
      this.#size = size;
      this.#sink.format({ codec: "jpeg", pixelFormat: "MJPG", ...size, fps: this.#fps });
    }
    // A picture that is damaged elsewhere goes on: telling that is the repair's business.
    this.#sink.frame({ codec: "jpeg", keyframe: true, bytes, ...size, captureTimeNs, sequence: this.#pictures });
    this.#pictures++;
  }
}
