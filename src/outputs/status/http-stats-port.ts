/** What the HTTP server counts, as the metrics need it. */
export interface HttpStatsPort {
  /** Connections open now. */
  readonly connections: number;
  /** Requests answered, by status. */
  readonly requests: ReadonlyMap<number, number>;
  /** Clients turned away, by cause. */
  readonly refusals: Readonly<Record<string, number>>;
}
