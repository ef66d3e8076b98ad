import type { IncomingHttpHeaders } from "node:http";

/** What the gatekeeper looks at of one HTTP request. */
export interface AccessRequest {
  readonly method: string;
  /** The request's target as it was sent (path with base path, query and all): what Digest's `uri` is about. */
  readonly target: string;
  /** Path without base path and query, before aliases are resolved: what a signed address is about. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's address without port, the one behind trusted proxies. */
  readonly address: string;
  /** HTTPS, here or at a trusted proxy. */
  readonly isEncrypted: boolean;
}
