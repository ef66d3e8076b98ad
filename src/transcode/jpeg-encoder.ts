import type { RawFrame } from "../media/frame.ts";
import { planEncodeMemory } from "./encode-memory.ts";
import { EncodeThread } from "./encode-thread.ts";
import type { EncodeAnswer, EncodeRequest } from "./jpeg-encode-worker.ts";
import { checkedPlanesOf, copyPlanes } from "./raw-layout.ts";

const PAGE_BYTES = 65_536;

interface Job {
  resolve(jpeg: Buffer): void;
  reject(error: Error): void;
}

/**
 * Encodes raw pictures as baseline JPEG (4:2:0, or grey) in a worker thread, which is started by the first picture and
 * again by the first one after {@link close} or a crash. Pictures are taken as full-range BT.601, JFIF's own colours.
 */
export class JpegEncoder {
  readonly #quality: number;
  readonly #workerUrl: URL;
  #thread: EncodeThread | undefined;
  /** Resolves when the thread that was closed last is gone. */
  #gone: Promise<void> = Promise.resolve();
  /** How often it was closed. */
  #closings = 0;
  /** Of the thread, or of one that is gone: the collector does not notice how large it is, and would let many pile up. */
  #memory: WebAssembly.Memory | undefined;
  #threadHasMemory = false;
  /** Where the thread puts its JPEGs. */
  #jpegs: Buffer = Buffer.alloc(0);
  #job: Job | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `quality`: 1 to 100 as libjpeg means it. `workerUrl`: what runs in the thread. */
  constructor(quality: number, workerUrl = new URL("./jpeg-encode-worker.js", import.meta.url)) {
    this.#quality = quality;
    this.#workerUrl = workerUrl;
  }

  /**
   * The picture as JPEG. One at a time: further calls wait for their turn. `frame.bytes` is only read, and only when it is the
   * picture's turn: before the next macrotask when no other one is under way. Rejects with ProtocolError when the frame is not what it says, with Error when the worker failed or
   * {@link close} was called.
   */
  encode(frame: RawFrame): Promise<Buffer> {
    const closings = this.#closings;
    const result = this.#last.then(() => {
      if (closings !== this.#closings) throw closedError();
      return this.#encodeNow(frame);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Ends the worker; pictures that are not done yet are rejected at once. May be used again afterwards. */
  async close(): Promise<void> {
    this.#closings++;
    const thread = this.#thread;
    this.#forget(closedError());
    if (thread) this.#gone = this.#end(thread);
    await this.#gone;
  }

  /** Until the thread is gone it may be at work in its memory: a new one that cannot wait gets another. */
  async #end(thread: EncodeThread): Promise<void> {
    const memory = this.#memory;
    this.#memory = undefined;
    await thread.end();
    this.#memory ??= memory;
  }

  #encodeNow(frame: RawFrame): Promise<Buffer> {
    const { bytes, pixelFormat, width, height } = frame;
    const planes = checkedPlanesOf(frame);
    const plan = planEncodeMemory(pixelFormat, width, height);
    const known = this.#memory;
    const memory = known && known.buffer.byteLength >= plan.sizeBytes ? known : createMemory(plan.sizeBytes);
    copyPlanes(bytes, planes, Buffer.from(memory.buffer, 0, plan.rawBytes), plan.planes);
    const thread = (this.#thread ??= this.#startThread());
    const request: EncodeRequest = { pixelFormat, width, height, quality: this.#quality };
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      thread.post(this.#threadHasMemory && memory === known ? request : { ...request, memory });
      this.#threadHasMemory = true;
      this.#memory = memory;
    });
  }

  #startThread(): EncodeThread {
    return new EncodeThread(this.#workerUrl, {
      answer: (answer) => this.#finish(answer),
      failed: ({ message, cause }) => this.#forget(new Error(`JPEG encoder: ${message}`, { cause })),
    });
  }

  #finish(answer: EncodeAnswer): void {
    const job = this.#job;
    this.#job = undefined;
    if ("error" in answer) {
      job?.reject(new Error(`JPEG encoder: ${answer.error}`));
      return;
    }
    if (answer.jpegs) this.#jpegs = Buffer.from(answer.jpegs);
    const jpeg = Buffer.allocUnsafeSlow(answer.sizeBytes);
    this.#jpegs.copy(jpeg, 0, 0, answer.sizeBytes);
    job?.resolve(jpeg);
  }

  #forget(reason: Error): void {
    const job = this.#job;
    this.#thread = undefined;
    this.#threadHasMemory = false;
    this.#job = undefined;
    job?.reject(reason);
  }
}

function closedError(): Error {
  return new Error("JPEG encoder: closed");
}

function createMemory(sizeBytes: number): WebAssembly.Memory {
  const pages = Math.ceil(sizeBytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
