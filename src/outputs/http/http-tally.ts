import type { LimitMet } from "./admission.ts";

/** Why a client was turned away before its request was looked at. */
export type RefusalCause =
  | LimitMet // 503, 429: over a limit, told so from a reserved place
  | "full" // closed at once: no reserved place left either
  | "headers-too-large" // 431
  | "timeout" // 408: headers or body too slow
  | "malformed"; // 400: not HTTP

/** Counters of the HTTP server since it started. */
export interface HttpStats {
  /** Connections open now. */
  readonly connections: number;
  /** Requests answered, by status. */
  readonly requests: ReadonlyMap<number, number>;
  readonly refusals: Readonly<Record<RefusalCause, number>>;
}

/** Counts what {@link HttpStats} shows. */
export class HttpTally implements HttpStats {
  readonly #openConnections: () => number;
  readonly requests = new Map<number, number>();
  readonly refusals: Record<RefusalCause, number> = {
    connections: 0,
    address: 0,
    full: 0,
    "headers-too-large": 0,
    timeout: 0,
    malformed: 0,
  };

  constructor(openConnections: () => number) {
    this.#openConnections = openConnections;
  }

  get connections(): number {
    return this.#openConnections();
  }

  answered(status: number): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
  }

  refused(cause: RefusalCause): void {
    this.refusals[cause] += 1;
  }
}
