import type { IncomingMessage, ServerResponse } from "node:http";
import { UnavailableError } from "../../core/errors.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import { Connections } from "./connections.ts";
import type { HttpServerOptions } from "./http-options.ts";
import type { HttpStats } from "./http-tally.ts";
import { defaultTimeouts, type HttpTimeouts } from "./http-timeouts.ts";
import { createKoaApp } from "./koa-app.ts";
import { OpenRequests } from "./koa-request.ts";
import { Listeners } from "./listeners.ts";
import { createMachineNames } from "./machine-names.ts";
import { OpenStreams } from "./open-streams.ts";
import { Origins } from "./origins.ts";
import { OwnNames } from "./own-names.ts";
import { SecurityHeaders } from "./security-headers.ts";
import { loadStaticFiles, type StaticFiles } from "./static-files.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { TrustedProxies } from "./trusted-proxies.ts";

const MAX_BODY_BYTES = 65_536;
/** Of its requests, the part that an address may spend on one reserved door once they are used up, and on TLS handshakes. */
const RESERVED_SHARE = 0.1;
const HANDSHAKE_SHARE = 0.5;

/** The listener that all HTTP outputs share. */
export interface HttpServer extends Service {
  /** The port of plain HTTP; 0 before {@link start}, and on a Unix socket. */
  port(): number;
  /** The port of HTTPS; 0 before {@link start}, and without a certificate. */
  httpsPort(): number;
  readonly stats: HttpStats;
  /** All doors that are open, those of the web page included; complete after {@link start}. */
  routes(): readonly HttpRoute[];
  /** What the running router answers to, method by method: the OpenAPI test reads it. */
  doors(): readonly { readonly method: string; readonly path: string }[];
}

/**
 * HTTP/1.1, plain and encrypted, for all doors. `start` rejects in plain words when a port is taken or the certificate
 * is of no use; `stop` tells every request by its signal, then cuts what is still open after the grace.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new KoaHttpServer(options);
}

class KoaHttpServer implements HttpServer {
  readonly #options: HttpServerOptions;
  readonly #timeouts: HttpTimeouts;
  readonly #proxies: TrustedProxies;
  readonly #headers: SecurityHeaders;
  readonly #connections: Connections;
  readonly #streams: OpenStreams;
  readonly #openRequests = new OpenRequests();
  readonly #listeners: Listeners;
  #routes: readonly HttpRoute[];
  #doors: { method: string; path: string }[] = [];
  #disobey = (): void => {};
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    const { limits, clock, https, frameAncestors = ["self"] } = options;
    const { requestsPerSecond = Infinity, streams = Infinity, streamsPerUser = Infinity } = limits;
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#proxies = new TrustedProxies(options.trustedProxies ?? []);
    this.#headers = new SecurityHeaders({ frameAncestors, hsts: https?.hsts === true });
    const buckets = (share: number) => new TokenBuckets(requestsPerSecond * share, clock);
    this.#connections = new Connections({
      limits,
      proxies: this.#proxies,
      rates: { ordinary: buckets(1), reserved: buckets(RESERVED_SHARE), handshakes: buckets(HANDSHAKE_SHARE) },
      answerMs: this.#timeouts.answerMs,
      clock,
    });
    this.#streams = new OpenStreams({
      limits: { streams, streamsPerUser },
      tally: this.#connections.tally,
      guard: options.guard,
      clock,
    });
    this.#listeners = new Listeners({ ...options, timeouts: this.#timeouts, connections: this.#connections });
    this.#routes = options.routes;
  }

  get stats(): HttpStats {
    return this.#connections.tally;
  }

  port(): number {
    return this.#listeners.port;
  }

  httpsPort(): number {
    return this.#listeners.httpsPort;
  }

  routes(): readonly HttpRoute[] {
    return this.#routes;
  }

  doors(): readonly { readonly method: string; readonly path: string }[] {
    return this.#doors;
  }

  async start(): Promise<void> {
    const files = await this.#loadPage();
    this.#routes = [...this.#options.routes, ...files.routes];
    this.#disobey = this.#streams.obey();
    await this.#listeners.open(this.#createHandler(files.loginPage));
    if (this.#stopped) await this.#close();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #loadPage(): Promise<StaticFiles> {
    const { staticFiles, basePath = "/" } = this.#options;
    if (staticFiles === undefined) return { routes: [], loginPage: undefined };
    return loadStaticFiles(staticFiles, this.#headers.forPage(), basePath);
  }

  #createHandler(loginPage: string | undefined) {
    const { clock, log, guard, limits, basePath = "/", https, resolveAlias = (path: string) => path } = this.#options;
    const { requestsPerSecond = Infinity } = limits;
    const { app, router } = createKoaApp({
      routes: this.#routes,
      resolveAlias,
      connections: this.#connections,
      proxies: this.#proxies,
      headers: this.#headers,
      guard,
      loginPage,
      streams: this.#streams,
      openRequests: this.#openRequests,
      bodyLimits: { sizeBytes: MAX_BODY_BYTES, timeoutMs: this.#timeouts.bodyMs },
      names: new OwnNames(this.#options.hosts ?? [], createMachineNames(clock)),
      origins: new Origins(this.#options.corsOrigins ?? []),
      rates: {
        ordinary: new TokenBuckets(requestsPerSecond, clock),
        reserved: new TokenBuckets(requestsPerSecond * RESERVED_SHARE, clock),
      },
      perAddress: limits.perAddress,
      basePath,
      redirectPort: https?.redirect === true ? () => this.httpsPort() : undefined,
      clock,
      log,
    });
    this.#doors = router.stack.flatMap((layer) =>
      layer.methods.map((method) => ({ method, path: String(layer.path) })),
    );
    const handle = app.callback();
    return (request: IncomingMessage, response: ServerResponse): void => {
      if (!this.#connections.of(request.socket)?.isDistrusted) void handle(request, response);
    };
  }

  async #close(): Promise<void> {
    this.#disobey();
    const closed = this.#listeners.close();
    this.#openRequests.abortAll(new UnavailableError("the server stops"));
    const cancel = this.#options.clock.after(this.#timeouts.graceMs, () => this.#connections.destroyAll());
    await Promise.all(closed);
    cancel();
  }
}
