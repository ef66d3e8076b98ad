import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { DeviceError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import type { StreamState } from "../hub/stream-state.ts";

/** One attempt at capturing: resolves when `signal` aborts, rejects when the camera fails. */
export type CaptureRun = (signal: AbortSignal, onLive: () => void) => Promise<void>;

export interface SupervisorOptions {
  readonly run: CaptureRun;
  /** Undefined when the camera is there, otherwise why not (see Source.absence). */
  readonly absence: () => Promise<string | undefined>;
  readonly state: StreamState;
  /** `always`: captures from start to stop; `on-demand`: while {@link Supervisor.setDemand} says so, and a linger. */
  readonly mode: "on-demand" | "always";
  readonly lingerMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Told about every failed attempt, with its words. */
  onFailure(message: string): void;
}

/** A camera that came back must be live again within 5 s, whatever failed before. */
const firstRetryMs = 250;
const maxRetryMs = 2_000;
/** A run of this length counts as a success: the next failure is retried quickly again. */
const provenAfterNs = 5_000_000_000n;
const presencePollMs = 1_000;
/** Faults that only a person can mend: said until the next attempt, also when nobody watches. */
const lasting: ReadonlySet<string> = new Set(["permission", "format", "unsupported"]);

/**
 * Keeps one camera going: starts it when somebody wants it, stops it (really: closed) a linger after the last one left,
 * restarts it with back-off when it fails, watches an idle one without opening it. The only writer of the stream state.
 */
export class Supervisor implements Service {
  readonly #options: SupervisorOptions;
  readonly #backoff = new Backoff(firstRetryMs, maxRetryMs);
  #demand = false;
  #stopped = true;
  #lasting = false;
  #loop: Promise<void> | undefined;
  #cancelLinger: (() => void) | undefined;
  #run: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#demand ||= this.#options.mode === "always";
    this.#loop = this.#live();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelLinger?.();
    this.#run?.abort();
    this.#wake?.();
    await this.#loop;
  }

  /** Whether anybody wants frames; ignored for a camera that runs always. */
  setDemand(wanted: boolean): void {
    if (this.#options.mode === "always") return;
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    if (wanted) {
      this.#demand = true;
      this.#wake?.();
    } else if (this.#stopped) {
      this.#demand = false; // viewers that leave after the stop must not start a timer
    } else if (this.#demand) {
      this.#cancelLinger = this.#options.clock.after(this.#options.lingerMs, () => this.#demandEnded());
    }
  }

  #demandEnded(): void {
    this.#cancelLinger = undefined;
    this.#demand = false;
    this.#run?.abort();
    this.#wake?.();
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      if (this.#demand) await this.#attempt();
      else await this.#watchIdle();
    }
    this.#options.state.set("off", "Sightline is stopping");
  }

  async #attempt(): Promise<void> {
    const { clock, state } = this.#options;
    const startedNs = clock.monotonicNs();
    // A camera that failed stays "lost" or "stalled" while it is tried again; "starting" is what viewers may hope for.
    if (!["lost", "stalled"].includes(state.status.state)) state.set("starting", "opening the camera");
    const run = new AbortController();
    this.#run = run;
    try {
      await this.#options.run(run.signal, () => state.set("live", "frames are coming"));
      if (!this.#stopped && !this.#demand) state.set("idle", "nobody is watching");
    } catch (error) {
      if (clock.monotonicNs() - startedNs > provenAfterNs) this.#backoff.reset();
      this.#failed(error);
      await this.#pauseBeforeRetry();
    } finally {
      this.#run = undefined;
    }
  }

  #failed(error: unknown): void {
    const { state, log } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof DeviceError ? error.code : "failed";
    const isNews = state.status.reason !== message;
    if (!(error instanceof DeviceError)) log.error({ err: error }, "capture failed unexpectedly");
    else if (isNews) log.warn({ code }, message);
    this.#options.onFailure(message);
    state.set(code === "stalled" ? "stalled" : "lost", message);
    this.#lasting = lasting.has(code);
  }

  /** Waits out the back-off, in steps so that a camera that comes back is opened at once. */
  async #pauseBeforeRetry(): Promise<void> {
    let leftMs = this.#backoff.next();
    const absence = await this.#absence();
    const wasAbsent = absence !== undefined;
    if (wasAbsent) this.#options.state.set("lost", absence);
    while (leftMs > 0 && !this.#stopped && this.#demand) {
      const stepMs = Math.min(leftMs, firstRetryMs);
      await this.#pause(stepMs);
      leftMs -= stepMs;
      if (wasAbsent && (await this.#absence()) === undefined) break;
    }
    if (!wasAbsent) return;
    while (!this.#stopped && this.#demand && (await this.#absence()) !== undefined) {
      await this.#pause(firstRetryMs);
    }
  }

  async #watchIdle(): Promise<void> {
    const { state } = this.#options;
    const absence = await this.#absence();
    if (this.#stopped || this.#demand) return;
    if (absence !== undefined) {
      state.set("lost", absence);
      this.#lasting = false;
    } else if (!(this.#lasting && state.status.state === "lost")) {
      state.set("idle", "nobody is watching");
    }
    await this.#pause(presencePollMs);
  }

  async #absence(): Promise<string | undefined> {
    try {
      return await this.#options.absence();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Ends after `delayMs`, or at once when demand changes or the supervisor stops. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, done);
      this.#wake = done;
    });
  }
}
