import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../core/clock.ts";
import type { EncodeAnswer, EncodeRequest, EndRequest } from "./jpeg-encode-worker.ts";
import { NativeGate } from "./native-gate.ts";

/** The worker handles pictures outside its heap; this keeps the heap itself small. */
const heapLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 };

/** A worker that has not ended by itself after this time is ended from outside. */
const ANSWER_WITHIN_MS = 2000;

/** What an {@link EncodeThread} tells, until it is asked to end. */
export interface EncodeThreadEvents {
  answer(answer: EncodeAnswer): void;
  /** It ended, or is about to. Called once. */
  failed(reason: Error): void;
}

/** One worker thread that encodes, and that is never terminated while it is inside of the native library. */
export class EncodeThread {
  readonly #gate = new NativeGate();
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #ended: Promise<void>;
  #events: EncodeThreadEvents | undefined;
  #cancelTerminating: (() => void) | undefined;

  /** Starts it. `url`: what runs in it. */
  constructor(url: URL, events: EncodeThreadEvents, clock = systemClock) {
    this.#clock = clock;
    this.#events = events;
    this.#worker = new Worker(url, {
      name: "jpeg-encoder",
      resourceLimits: heapLimits,
      workerData: this.#gate.memory,
    });
    this.#worker.on("message", (answer: EncodeAnswer) => this.#events?.answer(answer));
    this.#worker.on("error", (error) => this.#fail(new Error(error.message, { cause: error })));
    this.#ended = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#cancelTerminating?.();
        this.#fail(new Error(`worker ended with ${code}`));
        resolve();
      });
    });
  }

  post(request: EncodeRequest): void {
    this.#worker.postMessage(request, []);
  }

  /**
   * Resolves when the thread is gone. It ends by itself, after the picture it is at; one that does not within 2 s is
   * terminated as soon as it is outside of the native library. Nothing is told any more.
   */
  end(): Promise<void> {
    this.#events = undefined;
    this.#gate.shut();
    this.#worker.postMessage("end" satisfies EndRequest, []);
    this.#terminateLater();
    return this.#ended;
  }

  #terminateLater(): void {
    this.#cancelTerminating?.();
    this.#cancelTerminating = this.#clock.after(ANSWER_WITHIN_MS, () => {
      if (this.#gate.isInside) this.#terminateLater();
      else void this.#worker.terminate();
    });
  }

  #fail(reason: Error): void {
    const events = this.#events;
    this.#events = undefined;
    events?.failed(reason);
  }
}
