import type { InheritedSockets } from "../../config/inherited-sockets.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import type { ConnectionLimits } from "./admission.ts";
import type { CertificatePlace } from "./certificate.ts";
import type { GuardPort } from "./guard-port.ts";
import type { HttpTimeouts } from "./http-timeouts.ts";
import type { ResolveAlias } from "./koa-app.ts";
import type { StreamLimits } from "./open-streams.ts";

/** Limits of everything; those that are absent limit nothing. */
export type HttpLimits = ConnectionLimits & Partial<StreamLimits> & { readonly requestsPerSecond?: number };

/** HTTPS beside HTTP. */
export interface HttpsOptions extends CertificatePlace {
  /** 0: any free port. */
  readonly port: number;
  /** Send whoever comes by HTTP to HTTPS. */
  readonly redirect?: boolean;
  /** Tell browsers to come by HTTPS only, for a year. */
  readonly hsts?: boolean;
}

/** What `createHttpServer` needs. */
export interface HttpServerOptions {
  /** `::` is every address of the machine. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Path of a Unix socket to listen on instead of `host` and `port`. */
  readonly socket?: string;
  readonly https?: HttpsOptions;
  /** They replace the configured ones. */
  readonly inherited?: InheritedSockets;
  readonly limits: HttpLimits;
  /** Tells who asks. */
  readonly guard: GuardPort;
  readonly routes: readonly HttpRoute[];
  /** See aliases.ts. Absent: every path answers for itself. */
  readonly resolveAlias?: ResolveAlias;
  /** Directory of the web page's files; absent: no page. */
  readonly staticFiles?: string;
  /** What proxies put in front of every path. */
  readonly basePath?: string;
  /** Addresses and ranges. */
  readonly trustedProxies?: readonly string[];
  /** Further names of ours. */
  readonly hosts?: readonly string[];
  /** Origins whose pages may use us. */
  readonly corsOrigins?: readonly string[];
  /** Who may frame our pages, in the words of CSP. */
  readonly frameAncestors?: readonly string[];
  readonly timeouts?: Partial<HttpTimeouts>;
  readonly clock: Clock;
  readonly log: Log;
}
