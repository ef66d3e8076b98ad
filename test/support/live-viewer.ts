import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FrameCount, FrameCounterData } from "./frame-counter-main.ts";

/** A viewer on a thread of its own, so that what the test does meanwhile costs it nothing. */
export class LiveViewer {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Resolves when the first frame is there. */
  static async start(data: FrameCounterData): Promise<LiveViewer> {
    const worker = new Worker(new URL("./frame-counter-main.js", import.meta.url), { workerData: data });
    await once(worker, "message");
    return new LiveViewer(worker);
  }

  /** Frames a second that it saw from now until `act` has ended. */
  async rateDuring(act: () => Promise<unknown>): Promise<number> {
    const before = await this.#count();
    await act();
    const after = await this.#count();
    if (after.hasEnded) throw new Error("the viewer was disconnected");
    return ((after.frames - before.frames) * 1000) / (after.atMs - before.atMs);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #count(): Promise<FrameCount> {
    // oxlint-disable-next-line require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage("count");
    const [count] = (await once(this.#worker, "message")) as [FrameCount];
    return count;
  }
}
