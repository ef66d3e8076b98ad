/** Why a client was turned away, or its request not answered as it wished. */
const causes = [
  "connections", // 503: every ordinary connection is taken
  "address", // 429: too many connections, or requests at once, from one address
  "full", // closed at once: no reserved place left either
  "rate", // 429: too many requests from one address
  "streams", // 503: every stream is taken
  "user-streams", // 429: too many streams of one user
  "headers-too-large", // 431
  "body-too-large", // 413
  "timeout", // 408: headers or body too slow
  "slow-reader", // closed: did not take its answer in time
  "malformed", // 400, 501: not HTTP, or not as we take it
  "host", // 421: none of our names
  "origin", // 403: a page of another site
  "csrf", // 403: a change without the session's token
  "unauthorized", // 401: no credentials, or wrong ones
  "failures", // 429: too many wrong credentials
  "passwords", // 503: too many passwords are being checked
  "forbidden", // 403: known, but not allowed
  "handshake", // TLS: failed, or not finished in time
  "handshake-rate", // TLS: too many from one address
] as const;

/** One of the causes in {@link HttpStats.refusals}. */
export type RefusalCause = (typeof causes)[number];

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
  readonly refusals = Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<RefusalCause, number>;

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
