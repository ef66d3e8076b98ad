import { Backoff } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { DeviceError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import type { StreamState } from "../hub/stream-state.ts";

/** One attempt at capturing: resolves when `signal` aborts, rejects when the camera fails. */
export type CaptureRun = (signal: AbortSignal, onLive: () => void) => Promise<void>;

/** For whom a camera runs: for viewers, and a linger after them; only for the moment of one picture; for nobody. */
export type Demand = "viewers" | "brief" | "none";

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
  #demand: Demand = "none";
  #offReason: string | undefined;
  #stopped = true;
  #lasting = false;
  #retryNow = false;
  #loop: Promise<void> | undefined;
  #cancelLinger: (() => void) | undefined;
  /** Who is left when the linger ends. */
  #lingerFor: Demand = "none";
  #run: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    if (this.#options.mode === "always") this.#demand = "viewers";
    this.#loop = this.#live();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#endLinger();
    this.#run?.abort();
    this.#wake?.();
    await this.#loop;
  }

  /** Who wants frames; ignored for a camera that runs always. */
  setDemand(demand: Demand): void {
    if (this.#options.mode === "always") return;
    const before = this.#demand;
    if (demand === "viewers") {
      this.#endLinger();
      this.#demand = demand;
      this.#wake?.();
    } else if (this.#stopped) {
      this.#demand = "none"; // viewers that leave after the stop must not start a timer
    } else if (before === "viewers") {
      this.#cancelLinger ??= this.#options.clock.after(this.#options.lingerMs, () => this.#lingerEnded());
      this.#lingerFor = demand;
    } else if (demand === "brief") {
      this.#demand = demand;
      this.#wake?.();
    } else {
      this.#demandEnded();
    }
  }

  /** Closes the camera and keeps it closed until {@link switchOn}, whoever wants it; the state is `off` once it is closed. */
  switchOff(reason: string): void {
    this.#offReason = reason;
    this.#run?.abort();
    this.#wake?.();
  }

  switchOn(): void {
    this.#offReason = undefined;
    this.#wake?.();
  }

  /** Closes and opens the camera again if it is open, and tries at once if it is waiting to be tried again. */
  restart(): void {
    this.#backoff.reset();
    this.#retryNow = true;
    this.#run?.abort();
    this.#wake?.();
  }

  #endLinger(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
  }

  #lingerEnded(): void {
    this.#cancelLinger = undefined;
    if (this.#lingerFor === "brief") this.#demand = "brief";
    else this.#demandEnded();
  }

  #demandEnded(): void {
    this.#demand = "none";
    this.#run?.abort();
    this.#wake?.();
  }

  get #isWanted(): boolean {
    return this.#demand !== "none" && this.#offReason === undefined;
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      if (this.#offReason !== undefined) await this.#stayOff(this.#offReason);
      else if (this.#isWanted) await this.#attempt();
      else await this.#watchIdle();
    }
    this.#options.state.set("off", "Sightline is stopping");
  }

  async #stayOff(reason: string): Promise<void> {
    this.#options.state.set("off", reason);
    this.#lasting = false;
    this.#backoff.reset();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  async #attempt(): Promise<void> {
    const { clock, state } = this.#options;
    const startedNs = clock.monotonicNs();
    this.#retryNow = false;
    // A camera that failed stays "lost" or "stalled" while it is tried again; "starting" is what viewers may hope for.
    if (!["lost", "stalled"].includes(state.status.state)) state.set("starting", "opening the camera");
    const run = new AbortController();
    this.#run = run;
    try {
      await this.#options.run(run.signal, () => state.set("live", "frames are coming"));
      if (!this.#stopped && this.#demand === "none" && this.#offReason === undefined)
        state.set("idle", "nobody is watching");
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
    while (leftMs > 0 && !this.#stopped && this.#isWanted && !this.#retryNow) {
      const stepMs = Math.min(leftMs, firstRetryMs);
      await this.#pause(stepMs);
      leftMs -= stepMs;
      if (wasAbsent && (await this.#absence()) === undefined) break;
    }
    if (!wasAbsent) return;
    while (!this.#stopped && this.#isWanted && (await this.#absence()) !== undefined) {
      await this.#pause(firstRetryMs);
    }
  }

  async #watchIdle(): Promise<void> {
    const { state } = this.#options;
    const absence = await this.#absence();
    if (this.#stopped || this.#demand !== "none" || this.#offReason !== undefined) return;
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
