import type { Clock } from "../core/clock.ts";

/** Where a camera is in its life (see docs/architecture.md). */
export type StreamStateName = "starting" | "live" | "stalled" | "lost" | "idle" | "off";

/** One moment of {@link StreamState}. */
export interface StreamStatus {
  readonly state: StreamStateName;
  /** Wall-clock milliseconds of the last change of `state`. */
  readonly since: number;
  /** Why, in plain words; complete sentences are not needed, but "what to do" is where somebody must act. */
  readonly reason: string;
}

/** What readers of a camera's state see. The supervisor is the only writer. */
export interface StreamStateReader {
  readonly status: StreamStatus;
  /** Calls `listener` after every change; the returned function ends that. */
  onChange(listener: (status: StreamStatus) => void): () => void;
}

/** The state of one camera, with one writer and any number of readers. */
export class StreamState implements StreamStateReader {
  readonly #clock: Clock;
  readonly #listeners = new Set<(status: StreamStatus) => void>();
  #status: StreamStatus;

  constructor(clock: Clock, state: StreamStateName, reason: string) {
    this.#clock = clock;
    this.#status = { state, reason, since: clock.wallMs() };
  }

  get status(): StreamStatus {
    return this.#status;
  }

  /** Moves to `state`; `since` changes only when the state's name does. Nothing happens when nothing changes. */
  set(state: StreamStateName, reason: string): void {
    const old = this.#status;
    if (old.state === state && old.reason === reason) return;
    const since = old.state === state ? old.since : this.#clock.wallMs();
    this.#status = { state, reason, since };
    for (const listener of this.#listeners) listener(this.#status);
  }

  onChange(listener: (status: StreamStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
