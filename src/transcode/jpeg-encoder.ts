import { Worker } from "node:worker_threads";
import type { RawFrame } from "../media/frame.ts";
import { planEncodeMemory } from "./encode-memory.ts";
import type { EncodeAnswer, EncodeRequest } from "./jpeg-encode-worker.ts";
import { checkedPlanesOf, copyPlanes } from "./raw-layout.ts";

const PAGE_BYTES = 65_536;

/** The worker handles pictures outside its heap; this keeps the heap itself small. */
const heapLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

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
  #worker: Worker | undefined;
  /** Kept for the next worker: the collector does not notice how large it is, and would let many pile up. */
  #memory: WebAssembly.Memory | undefined;
  #workerHasMemory = false;
  #job: Job | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `quality`: 1 to 100 as libjpeg means it. `workerUrl`: what runs in the thread. */
  constructor(quality: number, workerUrl = new URL("./jpeg-encode-worker.js", import.meta.url)) {
    this.#quality = quality;
    this.#workerUrl = workerUrl;
  }

  /**
   * The picture as JPEG. One at a time: further calls wait for their turn. `frame.bytes` is only read, and only until the
   * worker begins. Rejects with ProtocolError when the frame is not what it says, with Error when the worker failed.
   */
  encode(frame: RawFrame): Promise<Buffer> {
    const result = this.#last.then(() => this.#encodeNow(frame));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Ends the worker; a picture being encoded is rejected. May be used again afterwards. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#forget(new Error("JPEG encoder: closed"));
    await worker?.terminate();
  }

  #encodeNow(frame: RawFrame): Promise<Buffer> {
    const { bytes, pixelFormat, width, height } = frame;
    const planes = checkedPlanesOf(frame);
    const plan = planEncodeMemory(pixelFormat, width, height);
    const known = this.#memory;
    const memory = known && known.buffer.byteLength >= plan.sizeBytes ? known : createMemory(plan.sizeBytes);
    copyPlanes(bytes, planes, Buffer.from(memory.buffer, 0, plan.rawBytes), plan.planes);
    const worker = (this.#worker ??= this.#startWorker());
    const request: EncodeRequest = { pixelFormat, width, height, quality: this.#quality };
    return new Promise((resolve, reject) => {
      this.#job = { resolve, reject };
      worker.postMessage(this.#workerHasMemory && memory === known ? request : { ...request, memory }, []);
      this.#workerHasMemory = true;
      this.#memory = memory;
    });
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#workerUrl, { name: "jpeg-encoder", resourceLimits: heapLimits });
    worker.on("message", (answer: EncodeAnswer) => {
      if (worker === this.#worker) this.#finish(answer);
    });
    worker.on("error", (error) => {
      if (worker === this.#worker) this.#forget(new Error(`JPEG encoder: ${error.message}`, { cause: error }));
    });
    worker.on("exit", (code) => {
      if (worker === this.#worker) this.#forget(new Error(`JPEG encoder: worker ended with ${code}`));
    });
    return worker;
  }

  #finish(answer: EncodeAnswer): void {
    const job = this.#job;
    this.#job = undefined;
    if ("jpeg" in answer) job?.resolve(Buffer.from(answer.jpeg));
    else job?.reject(new Error(`JPEG encoder: ${answer.error}`));
  }

  #forget(reason: Error): void {
    const job = this.#job;
    this.#worker = undefined;
    this.#workerHasMemory = false;
    this.#job = undefined;
    job?.reject(reason);
  }
}

function createMemory(sizeBytes: number): WebAssembly.Memory {
  const pages = Math.ceil(sizeBytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
