import { monotonicToWallMs, type Clock } from "../../core/clock.ts";
import type { JpegFrame } from "../../media/frame.ts";
import { formatDelimiter, formatJpegPartHead, mjpegBoundary } from "../../protocol/multipart/mixed-replace.ts";

const trailer = Buffer.from(formatDelimiter(mjpegBoundary, false), "latin1");

/** Seconds with microseconds, as mjpg-streamer writes `X-Timestamp`. */
export function formatTimestamp(wallMs: number): string {
  return (wallMs / 1000).toFixed(6);
}

/**
 * One frame as it goes over the wire, built once and shared by every viewer that wants nothing special: head, picture
 * and the delimiter after it in one buffer, so that a viewer costs one write.
 */
export class WirePart {
  readonly frame: JpegFrame;
  /** Wall-clock milliseconds of the capture. */
  readonly wallMs: number;
  #whole: Buffer | undefined;

  constructor(frame: JpegFrame, clock: Clock) {
    this.frame = frame;
    this.wallMs = monotonicToWallMs(clock, frame.captureTimeNs);
  }

  /** `Content-Type` … picture … next delimiter. */
  get whole(): Buffer {
    this.#whole ??= this.assemble("", true, this.frame.bytes);
    return this.#whole;
  }

  /** The same with `extra` header lines, without the length, or without the picture. */
  assemble(extra: string, announceLength: boolean, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(this.#head(extra, announceLength, body.length), "latin1"), body, trailer]);
  }

  /** Picture, delimiter and the head of the part after it (`advance_headers`: Blink paints when the next head comes). */
  assembleAdvanced(extra: string, body: Buffer): Buffer {
    return Buffer.concat([body, trailer, Buffer.from(this.#head(extra, false, 0), "latin1")]);
  }

  /** The head alone. */
  head(extra: string): Buffer {
    return Buffer.from(this.#head(extra, false, 0), "latin1");
  }

  #head(extra: string, announceLength: boolean, lengthBytes: number): string {
    const { sequence } = this.frame;
    const lines = `X-Timestamp: ${formatTimestamp(this.wallMs)}\r\nX-Frame-Id: ${sequence}\r\n${extra}`;
    return formatJpegPartHead(announceLength ? lengthBytes : undefined, lines);
  }
}
