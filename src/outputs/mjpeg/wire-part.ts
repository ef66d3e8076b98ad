import { monotonicToWallMs, type Clock } from "../../core/clock.ts";
import type { JpegFrame } from "../../media/frame.ts";
import { formatTimestamp } from "../../protocol/http/timestamp.ts";
import { formatDelimiter, formatJpegPartHead, mjpegBoundary } from "../../protocol/multipart/mixed-replace.ts";

const trailer = Buffer.from(formatDelimiter(mjpegBoundary, false), "latin1");

const maxSpares = 2;

/**
 * Buffers used again and again: memory outside of V8's heap is freed only by its collector, and a stream of pictures
 * would make it run for nothing else.
 */
export class SpareBuffers {
  readonly #spares: Buffer[] = [];

  /** A buffer of at least `sizeBytes`, with anything in it. */
  take(sizeBytes: number): Buffer {
    const spare = this.#spares.pop();
    // A quarter more than asked: the next picture is rarely of the very same size.
    return spare && spare.length >= sizeBytes ? spare : Buffer.allocUnsafeSlow(sizeBytes + (sizeBytes >> 2));
  }

  /** Takes `buffer` back; its last user is done with it. */
  give(buffer: Buffer): void {
    if (this.#spares.length < maxSpares) this.#spares.push(buffer);
  }
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
  #lent: Buffer | undefined;

  constructor(frame: JpegFrame, clock: Clock) {
    this.frame = frame;
    this.wallMs = monotonicToWallMs(clock, frame.captureTimeNs);
  }

  /** `Content-Type` … picture … next delimiter. */
  get whole(): Buffer {
    this.#whole ??= this.assemble("", this.frame.bytes);
    return this.#whole;
  }

  /** Puts {@link whole} together in a buffer of `spare`, to be given back with {@link recycle}. */
  assembleIn(spare: SpareBuffers): void {
    const { bytes } = this.frame;
    const head = this.#head("", bytes.length);
    const buffer = spare.take(head.length + bytes.length + trailer.length);
    buffer.write(head, 0, "latin1");
    bytes.copy(buffer, head.length);
    trailer.copy(buffer, head.length + bytes.length);
    this.#lent = buffer;
    this.#whole = buffer.subarray(0, head.length + bytes.length + trailer.length);
  }

  /** Nobody holds {@link whole} any more: its buffer may serve the next part. */
  recycle(spare: SpareBuffers): void {
    if (this.#lent) spare.give(this.#lent);
    this.#lent = undefined;
    this.#whole = undefined;
  }

  /** The same with `extra` header lines, or with another body. */
  assemble(extra: string, body: Buffer): Buffer {
    return Buffer.concat([Buffer.from(this.#head(extra, body.length), "latin1"), body, trailer]);
  }

  /** Picture, delimiter and the head of the part after it (`advance_headers`: Blink paints when the next head comes). */
  assembleAdvanced(extra: string, body: Buffer): Buffer {
    return Buffer.concat([body, trailer, this.head(extra)]);
  }

  /** The head alone, without a length. */
  head(extra: string): Buffer {
    return Buffer.from(this.#head(extra, undefined), "latin1");
  }

  #head(extra: string, lengthBytes: number | undefined): string {
    const { sequence } = this.frame;
    const lines = `X-Timestamp: ${formatTimestamp(this.wallMs)}\r\nX-Frame-Id: ${sequence}\r\n${extra}`;
    return formatJpegPartHead(lengthBytes, lines);
  }
}
