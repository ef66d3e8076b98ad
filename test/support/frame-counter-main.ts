// A worker that watches a stream and tells, when asked, how many frames came so far.
import { parentPort, workerData } from "node:worker_threads";
import { watchMjpeg, type MjpegClientOptions } from "./mjpeg-client.ts";

/** What the worker is started with. */
export interface FrameCounterData {
  readonly port: number;
  readonly path: string;
  readonly options: MjpegClientOptions;
}

/** What it answers to any message. */
export interface FrameCount {
  readonly frames: number;
  readonly atMs: number;
  readonly hasEnded: boolean;
}

const { port, path, options } = workerData as FrameCounterData;
const viewer = await watchMjpeg(port, path, options);
let frames = 0;
let hasEnded = false;
// oxlint-disable-next-line require-post-message-target-origin -- a thread, not a window
const answer = (): void => parentPort?.postMessage({ frames, atMs: performance.now(), hasEnded } satisfies FrameCount);
parentPort?.on("message", answer);
await viewer.next();
answer();
try {
  for (;;) {
    frames += 1;
    await viewer.next();
  }
} catch {
  hasEnded = true;
}
