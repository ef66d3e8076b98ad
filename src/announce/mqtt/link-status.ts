import type { Clock } from "../../core/clock.ts";
import type { OutboxCounts } from "./outbox.ts";

/** `waiting`: for the next attempt. */
export type LinkStateName = "connecting" | "connected" | "waiting" | "off";

/** How the connection to the broker is, for the API and the metrics. */
export interface LinkStatus {
  readonly state: LinkStateName;
  /** Without user and password. */
  readonly broker: string;
  /** `5.0` or `3.1.1`; undefined while there is no connection. */
  readonly protocol: string | undefined;
  /** Wall-clock milliseconds since when it is connected, or is not. */
  readonly since: number;
  /** Why it is in this state, in plain words. */
  readonly reason: string;
  /** Connections that were made. */
  readonly connections: number;
  /** Messages that wait or are under way. */
  readonly queued: number;
  readonly counts: Readonly<OutboxCounts & { received: number; oversize: number }>;
}

/** State, since when and why. */
export class LinkState {
  readonly #clock: Clock;
  #name: LinkStateName = "off";
  #sinceMs: number;
  #reason = "not started yet";

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.wallMs();
  }

  get name(): LinkStateName {
    return this.#name;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  get reason(): string {
    return this.#reason;
  }

  /** The turns between `connecting` and `waiting` are one absence. */
  change(name: LinkStateName, reason: string): void {
    const isTurn = isTrying(name) && isTrying(this.#name);
    if (name !== this.#name && !isTurn) this.#sinceMs = this.#clock.wallMs();
    this.#name = name;
    this.#reason = reason;
  }
}

function isTrying(name: LinkStateName): boolean {
  return name === "connecting" || name === "waiting";
}
