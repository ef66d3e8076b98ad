/** How long the server waits for whom, in milliseconds. */
export interface HttpTimeouts {
  /** From a connection to the end of its TLS handshake. */
  readonly handshakeMs: number;
  /** From the connection, or the request's first byte, to the end of its headers. */
  readonly headersMs: number;
  /** From there to the end of its body. */
  readonly bodyMs: number;
  /** How long a client may take to take an answer that has an end. */
  readonly answerMs: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveMs: number;
  /** How often headers and bodies are looked at. */
  readonly checkMs: number;
  /** How long stopping lets answers finish. */
  readonly graceMs: number;
}

export const defaultTimeouts: HttpTimeouts = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  bodyMs: 10_000,
  answerMs: 60_000,
  keepAliveMs: 5_000,
  checkMs: 1_000,
  graceMs: 1_000,
};
