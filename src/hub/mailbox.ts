import type { Frame } from "../media/frame.ts";

/** How much a mailbox may hold before it gives something up. */
export interface MailboxBounds {
  readonly maxFrames: number;
  readonly maxBytes: number;
}

/**
 * A bounded queue between the hub and a consumer that must wait (an encoder, a socket with its own pace). What a full
 * mailbox gives up is decided by the codec: pictures that decode by themselves lose the oldest, H.264 loses everything
 * up to the next keyframe.
 */
export class Mailbox<F extends Frame> {
  readonly #bounds: MailboxBounds;
  readonly #queue: F[] = [];
  readonly #onDrop: (count: number) => void;
  #sizeBytes = 0;
  #awaitingKeyframe = false;
  #closed = false;
  #wake: (() => void) | undefined;

  /** `onDrop` is told how many frames were given up each time that happens. */
  constructor(bounds: MailboxBounds, onDrop: (count: number) => void = () => {}) {
    this.#bounds = bounds;
    this.#onDrop = onDrop;
  }

  /** Frames waiting. */
  get length(): number {
    return this.#queue.length;
  }

  /** Adds a frame, giving up others (or this one) when there is no room. Never waits. */
  put(frame: F): void {
    if (this.#closed) return;
    if (frame.codec === "h264" ? this.#makeRoomByGroup(frame) : this.#makeRoomByAge(frame)) {
      this.#queue.push(frame);
      this.#sizeBytes += frame.bytes.length;
      this.#wake?.();
    }
  }

  /** The oldest frame, as soon as there is one; undefined once the mailbox is closed. For one consumer at a time. */
  async take(): Promise<F | undefined> {
    while (this.#queue.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const frame = this.#queue.shift();
    if (frame) this.#sizeBytes -= frame.bytes.length;
    return frame;
  }

  /** Drops what waits and lets `take` resolve to undefined from now on. */
  close(): void {
    this.#closed = true;
    this.#clear();
    this.#wake?.();
  }

  #isFullWith(frame: F): boolean {
    const { maxFrames, maxBytes } = this.#bounds;
    return this.#queue.length + 1 > maxFrames || this.#sizeBytes + frame.bytes.length > maxBytes;
  }

  #makeRoomByAge(frame: F): boolean {
    while (this.#queue.length > 0 && this.#isFullWith(frame)) {
      this.#sizeBytes -= this.#queue.shift()?.bytes.length ?? 0;
      this.#onDrop(1);
    }
    return true;
  }

  #makeRoomByGroup(frame: F): boolean {
    if (frame.keyframe) {
      this.#awaitingKeyframe = false;
      if (this.#isFullWith(frame)) this.#onDrop(this.#clear());
      return true;
    }
    if (!this.#awaitingKeyframe && !this.#isFullWith(frame)) return true;
    this.#awaitingKeyframe = true;
    this.#onDrop(1);
    return false;
  }

  #clear(): number {
    const count = this.#queue.length;
    this.#queue.length = 0;
    this.#sizeBytes = 0;
    return count;
  }
}
