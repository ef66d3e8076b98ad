import type { Frame } from "../../media/frame.ts";
import type { SourceSink } from "../source.ts";
import type { BufferQueue } from "./buffer-queue.ts";
import type { GrantedFormat } from "./negotiate.ts";
import { pictureBytes, planeLayouts } from "./pixel-formats.ts";
import { PictureRing } from "./picture-ring.ts";
import * as videodev2 from "./videodev2.ts";

/** A larger jump of the driver's count is a new beginning and not a loss. */
const maxGap = 10_000;
/** Driver times beyond these are not the time of capture. */
const maxAgeNs = 10_000_000_000n;

/** Bytes to take from each plane of memory. */
type PlaneBytes = readonly number[];

/** Makes frames of filled buffers: all that is waiting is taken, only the newest goes on. */
export class FrameReader {
  readonly #queue: BufferQueue;
  readonly #format: GrantedFormat;
  readonly #monotonicNs: () => bigint;
  /** Undefined: compressed, as many bytes as the buffer has. */
  readonly #planeBytes: PlaneBytes | undefined;
  readonly #rawPictures = new PictureRing();
  #driverSequence: number | undefined;
  #sequence = 0;

  constructor(queue: BufferQueue, format: GrantedFormat, monotonicNs: () => bigint) {
    this.#queue = queue;
    this.#format = format;
    this.#monotonicNs = monotonicNs;
    this.#planeBytes = rawPlaneBytes(format);
  }

  /**
   * Takes every filled buffer there is, gives `sink` the newest good picture and counts the others. Returns how many buffers
   * there were. Throws SystemCallError when the device fails.
   */
  read(sink: SourceSink): number {
    const queue = this.#queue;
    let newest: { index: number; lengthBytes: number; captureTimeNs: bigint; sequence: number } | undefined;
    let count = 0;
    // Bounded: a driver that fills buffers as fast as they are given back must not hold the event loop.
    while (count < queue.count && queue.dequeue()) {
      count += 1;
      const sequence = this.#countSequence(sink);
      const lengthBytes = this.#usableBytes(sink);
      if (lengthBytes === 0) {
        queue.requeue(queue.index);
        continue;
      }
      const captureTimeNs = this.#captureTimeNs();
      const older = newest;
      newest = { index: queue.index, lengthBytes, captureTimeNs, sequence };
      if (!older) continue;
      sink.drop("stale");
      queue.requeue(older.index);
    }
    if (newest) {
      const bytes = this.#copy(newest.index, newest.lengthBytes);
      queue.requeue(newest.index);
      sink.frame(this.#toFrame(bytes, newest.captureTimeNs, newest.sequence));
    }
    return count;
  }

  #countSequence(sink: SourceSink): number {
    const { sequence } = this.#queue;
    const step = this.#driverSequence === undefined ? 1 : sequence - this.#driverSequence;
    this.#driverSequence = sequence;
    const isGap = step > 1 && step < maxGap;
    if (isGap) sink.drop("sequence-gap", step - 1);
    // Some drivers do not count, or begin anew: ours always goes up.
    this.#sequence += isGap ? step : 1;
    return this.#sequence;
  }

  /** Bytes of the picture in the last dequeued buffer; 0, and counted, when it is no picture. */
  #usableBytes(sink: SourceSink): number {
    const { flags, bytesUsed, index } = this.#queue;
    if ((flags & videodev2.V4L2_BUF_FLAG_ERROR) !== 0) {
      sink.drop("error-flag");
      return 0;
    }
    const wanted = this.#planeBytes ?? bytesUsed;
    const total = wanted.reduce((sum, bytes) => sum + bytes, 0);
    const isWhole = wanted.every(
      (bytes, plane) => bytes <= (bytesUsed[plane] ?? 0) && bytes <= this.#queue.capacity(index, plane),
    );
    if (isWhole && total > 0) return total;
    sink.drop("corrupt");
    return 0;
  }

  #captureTimeNs(): bigint {
    const arrivalNs = this.#monotonicNs();
    const driverNs = this.#queue.timestampNs();
    if (driverNs === undefined || driverNs > arrivalNs || arrivalNs - driverNs > maxAgeNs) return arrivalNs;
    return driverNs;
  }

  /** The one copy: after it the buffer belongs to the driver again. */
  #copy(index: number, lengthBytes: number): Buffer {
    if (!this.#planeBytes) {
      // Not from Node's pool: a frame that lives long would keep its neighbours.
      const bytes = Buffer.allocUnsafeSlow(lengthBytes);
      this.#queue.copyPlane(index, 0, lengthBytes, bytes, 0);
      return bytes;
    }
    const bytes = this.#rawPictures.next(lengthBytes);
    let offset = 0;
    for (const [plane, planeBytes] of this.#planeBytes.entries()) {
      this.#queue.copyPlane(index, plane, planeBytes, bytes, offset);
      offset += planeBytes;
    }
    return bytes;
  }

  #toFrame(bytes: Buffer, captureTimeNs: bigint, sequence: number): Frame {
    const { layout, width, height, planes } = this.#format;
    const { codec } = layout;
    if (codec === "jpeg") return { codec, keyframe: true, bytes, width, height, captureTimeNs, sequence };
    const bytesPerLine = planes[0]?.bytesPerLine ?? 0;
    const { pixelFormat } = layout;
    return { codec, keyframe: true, bytes, width, height, captureTimeNs, sequence, pixelFormat, bytesPerLine };
  }
}

/** For raw formats: what is picture in each plane of memory, padding behind it left out. */
function rawPlaneBytes({ layout, height, planes }: GrantedFormat): PlaneBytes | undefined {
  if (layout.codec !== "raw") return undefined;
  const layouts = planeLayouts(layout.pixelFormat, height, planes[0]?.bytesPerLine ?? 0);
  if (layout.memoryPlanes === 1) return [pictureBytes(layouts)];
  return layouts.map((plane) => pictureBytes([plane]));
}

/** Whether the planes of memory lie as {@link FrameReader} puts them together: chroma lines as long as luma's say. */
export function hasUsualPlanes({ layout, planes, height }: GrantedFormat): boolean {
  if (layout.codec !== "raw") return planes.length === 1;
  if (planes.length !== layout.memoryPlanes) return false;
  if (layout.memoryPlanes === 1) return true;
  const layouts = planeLayouts(layout.pixelFormat, height, planes[0]?.bytesPerLine ?? 0);
  return layouts.every((plane, index) => plane.bytesPerLine === planes[index]?.bytesPerLine);
}
