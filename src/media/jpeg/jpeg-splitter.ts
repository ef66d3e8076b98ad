import { Marker, findMarker, hasLength } from "./markers.ts";

/** What a step of the scan came to: `more` where it must wait for bytes. */
type Step = "more" | "on";

/** A chunk is taken in pieces of this size, so that the store stays near one frame even when chunks are huge. */
const PIECE_BYTES = 65_536;

/**
 * Cuts a byte stream into JPEG pictures: bare ones one after the other (rpicam-vid, ffmpeg, GStreamer) or with anything
 * else between them (multipart headers). Segments are passed over by their length, so that a thumbnail within one
 * splits nothing; entropy-coded data is searched for EOI. Every byte is looked at once, at most `maxFrameBytes` (and a
 * piece of 64 kB) are kept, and the result does not depend on how the stream was cut.
 *
 * What breaks a picture is given up with what came before it, and the search for SOI goes on from there: damage within
 * a header may take the next picture along, never more.
 */
export class JpegSplitter {
  readonly #maxFrameBytes: number;
  #store = Buffer.alloc(0);
  /** Bytes of `#store` in use. Up to `#at` they are dealt with. */
  #used = 0;
  #at = 0;
  /** Offset of the picture's SOI; -1 while searching for one. */
  #start = -1;
  #inScan = false;
  #discardedBytes = 0;
  #discardedFrames = 0;

  /** Pictures of more than `maxFrameBytes` are discarded. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes so far that belong to no picture, multipart headers among them. */
  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  /** Pictures so far that were begun and given up: broken or too long. */
  get discardedFrames(): number {
    return this.#discardedFrames;
  }

  /** The pictures that `chunk` completes, each from SOI to EOI in memory of its own. `chunk` is free again afterwards. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      this.#append(chunk.subarray(from, from + PIECE_BYTES));
      this.#scan(frames);
      this.#forget();
    }
    return frames;
  }

  #append(piece: Buffer): void {
    const needed = this.#used + piece.length;
    if (needed > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#store.length * 2));
      this.#store.copy(larger, 0, 0, this.#used);
      this.#store = larger;
    }
    piece.copy(this.#store, this.#used);
    this.#used = needed;
  }

  #scan(frames: Buffer[]): void {
    const bytes = this.#store.subarray(0, this.#used);
    let step: Step = "on";
    while (step === "on") {
      if (this.#start < 0) step = this.#seekStart(bytes);
      else if (this.#inScan) step = this.#seekMarker(bytes);
      else step = this.#readMarker(bytes, frames);
    }
  }

  #seekStart(bytes: Buffer): Step {
    const found = findStart(bytes, this.#at);
    const isWhole = found + 3 <= bytes.length;
    this.#discardedBytes += found - this.#at;
    this.#at = isWhole ? found + 2 : found;
    if (!isWhole) return "more";
    this.#start = found;
    return "on";
  }

  /** Within entropy-coded data: moves on to the next marker. */
  #seekMarker(bytes: Buffer): Step {
    const limit = this.#start + this.#maxFrameBytes;
    const found = findMarker(bytes, this.#at);
    if (found + 2 > limit) return this.#giveUp(Math.max(this.#at, limit), bytes);
    this.#at = found;
    if (found + 2 > bytes.length) return "more";
    this.#inScan = false;
    return "on";
  }

  /** Between segments: deals with the marker at `#at`. */
  #readMarker(bytes: Buffer, frames: Buffer[]): Step {
    const at = this.#at;
    const marker = bytes[at + 1];
    if (at + 2 > this.#start + this.#maxFrameBytes) return this.#giveUp(at, bytes);
    if (bytes[at] !== 0xff && at < bytes.length) return this.#giveUp(at, bytes);
    if (marker === undefined) return "more";
    if (marker === Marker.EOI) return this.#finish(at + 2, bytes, frames);
    if (marker === 0xff) this.#at = at + 1;
    else if (hasLength(marker)) return this.#skipSegment(marker, bytes);
    else return this.#giveUp(at, bytes);
    return "on";
  }

  #skipSegment(marker: number, bytes: Buffer): Step {
    const at = this.#at;
    if (at + 4 > bytes.length) return "more";
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > this.#start + this.#maxFrameBytes) return this.#giveUp(at + 4, bytes);
    if (end > bytes.length) return "more";
    this.#at = end;
    this.#inScan = marker === Marker.SOS;
    return "on";
  }

  #finish(end: number, bytes: Buffer, frames: Buffer[]): Step {
    frames.push(Buffer.from(bytes.subarray(this.#start, end)));
    this.#at = end;
    this.#start = -1;
    return "on";
  }

  /** Discards the picture up to `to`, where the search for the next one begins. */
  #giveUp(to: number, bytes: Buffer): Step {
    if (to > bytes.length) return "more";
    this.#discardedFrames++;
    this.#discardedBytes += to - this.#start;
    this.#at = to;
    this.#start = -1;
    this.#inScan = false;
    return "on";
  }

  /** Moves what is still needed to the front of the store. */
  #forget(): void {
    const keepFrom = this.#start < 0 ? this.#at : this.#start;
    if (keepFrom === 0) return;
    this.#store.copyWithin(0, keepFrom, this.#used);
    this.#used -= keepFrom;
    this.#at -= keepFrom;
    if (this.#start >= 0) this.#start = 0;
  }
}

/** Offset of the next FF D8 FF, or of the first byte that may yet become one. */
function findStart(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const couldBe = (bytes[at + 1] ?? Marker.SOI) === Marker.SOI && (bytes[at + 2] ?? 0xff) === 0xff;
    if (couldBe) return at;
    at = bytes.indexOf(0xff, at + 1);
  }
  return bytes.length;
}
