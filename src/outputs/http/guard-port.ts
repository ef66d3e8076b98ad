import type { IncomingHttpHeaders } from "node:http";
import { everybody, type Principal } from "../../access/principal.ts";

/** One request as it is looked at to tell who sent it; `AccessRequest` of src/access/access-request.ts. */
export interface GuardRequest {
  readonly method: string;
  /** The request's target as it was sent: with the base path and the query. */
  readonly target: string;
  /** Without base path and query; old names are still themselves. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's address without port, behind trusted proxies too. */
  readonly address: string;
  readonly isEncrypted: boolean;
}

/** Knows who somebody is; the Gatekeeper of src/access is one. */
export interface GuardPort {
  /**
   * Undefined where no credentials came. Throws HttpProblem 401 for wrong ones, 429 after too many of those, and
   * UnavailableError where too many are being looked at.
   */
  identify(request: GuardRequest): Promise<Principal | undefined>;
  /** Values of `WWW-Authenticate` for a request with these headers, which shows no credentials. */
  challenges(headers: IncomingHttpHeaders): readonly string[];
  /**
   * How long somebody who was let in may go on with what they opened; 0: no longer, Infinity: until something changes. It goes
   * by a clock that may be set. Absent: without end.
   */
  remainingMs?(principal: Principal): number;
  /** Calls `listener` when {@link remainingMs} may have become less for somebody. The returned function ends that. */
  onChange?(listener: () => void): () => void;
}

/** Lets everybody do everything (`auth.mode: none`). */
export const openGuard: GuardPort = {
  identify: () => Promise.resolve(everybody),
  challenges: () => [],
};
