import { rawFrameLifetime } from "../../media/frame.ts";

/**
 * Memory for raw pictures, used again and again. A new buffer for each would be 55 MB/s at 1280x720: as many page faults,
 * and V8, which counts such memory as its own, would collect garbage all the time (a third of all the work there was).
 */
export class PictureRing {
  readonly #buffers: Buffer[] = [];
  #next = 0;

  /** A buffer of this size, with anything in it; the same one comes again after {@link rawFrameLifetime} others. */
  next(sizeBytes: number): Buffer {
    const index = this.#next;
    this.#next = (index + 1) % (rawFrameLifetime + 1);
    const known = this.#buffers[index];
    if (known?.length === sizeBytes) return known;
    return (this.#buffers[index] = Buffer.allocUnsafeSlow(sizeBytes));
  }
}
