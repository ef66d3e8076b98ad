import { createServer, type Server } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { UnavailableError } from "../../core/errors.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { Log } from "../../core/log.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import type { ConnectionLimits } from "./admission.ts";
import { answerClientErrors } from "./client-errors.ts";
import { Connections } from "./connections.ts";
import type { HttpStats } from "./http-tally.ts";
import { createKoaApp } from "./koa-app.ts";
import { OpenRequests } from "./koa-request.ts";
import { listen } from "./listen.ts";
import { loadStaticRoutes } from "./static-files.ts";

/** How long the server waits for whom, in milliseconds. */
interface HttpTimeouts {
  /** From the connection, or the request's first byte, to the end of its headers. */
  readonly headersMs: number;
  /** From there to the end of its body. */
  readonly bodyMs: number;
  /** How long an idle connection is kept for the next request. */
  readonly keepAliveMs: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
  /** How long {@link HttpServer.stop} lets answers finish. */
  readonly graceMs: number;
}

const defaultTimeouts: HttpTimeouts = {
  headersMs: 10_000,
  bodyMs: 10_000,
  keepAliveMs: 5_000,
  checkMs: 1_000,
  graceMs: 1_000,
};

/** Largest request headers and largest JSON body. */
const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 65_536;

/** What {@link createHttpServer} needs. */
export interface HttpServerOptions {
  /** `::` is every address of the machine. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: ConnectionLimits;
  readonly routes: readonly HttpRoute[];
  /** The path that answers for a path and a query (see aliases.ts). Absent: every path answers for itself. */
  readonly resolveAlias?: (path: string, query: string) => string;
  /** Directory of the web page's files; absent: no page. */
  readonly staticFiles?: string;
  readonly timeouts?: Partial<HttpTimeouts>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The listener that all HTTP outputs share. */
export interface HttpServer extends Service {
  /** The port it listens on; 0 before {@link start}. */
  port(): number;
  readonly stats: HttpStats;
  /** All doors that are open, those of the web page included; complete after {@link start}. */
  routes(): readonly HttpRoute[];
  /** What the running router answers to, method by method: the OpenAPI test reads it. */
  doors(): readonly { readonly method: string; readonly path: string }[];
}

/**
 * One HTTP/1.1 listener for all doors. `start` rejects in plain words when the port is taken; `stop` tells every request
 * by its signal, then cuts what is still open after the grace.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new KoaHttpServer(options);
}

class KoaHttpServer implements HttpServer {
  readonly #options: HttpServerOptions;
  readonly #timeouts: HttpTimeouts;
  readonly #connections: Connections;
  readonly #openRequests = new OpenRequests();
  #routes: readonly HttpRoute[];
  #doors: { method: string; path: string }[] = [];
  #server: Server | undefined;
  #port = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#connections = new Connections(options.limits, options.clock);
    this.#routes = options.routes;
  }

  get stats(): HttpStats {
    return this.#connections.tally;
  }

  port(): number {
    return this.#port;
  }

  routes(): readonly HttpRoute[] {
    return this.#routes;
  }

  doors(): readonly { readonly method: string; readonly path: string }[] {
    return this.#doors;
  }

  async start(): Promise<void> {
    const { host, port, log, staticFiles } = this.#options;
    if (staticFiles !== undefined) this.#routes = [...this.#options.routes, ...(await loadStaticRoutes(staticFiles))];
    const server = this.#createServer();
    this.#port = await listen(server, host, port);
    server.on("error", (error) => log.error({ err: error }, "the HTTP listener failed"));
    this.#server = server;
    if (this.#stopped) await this.#close(server);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#server ? this.#close(this.#server) : Promise.resolve();
    return this.#stopped;
  }

  #createServer(): Server {
    const { clock, log, resolveAlias = (path: string) => path } = this.#options;
    const { headersMs, bodyMs, keepAliveMs, checkMs } = this.#timeouts;
    const { app, router } = createKoaApp({
      routes: this.#routes,
      resolveAlias,
      connections: this.#connections,
      openRequests: this.#openRequests,
      bodyLimits: { sizeBytes: MAX_BODY_BYTES, timeoutMs: bodyMs },
      clock,
      log,
    });
    this.#doors = router.stack.flatMap((layer) =>
      layer.methods.map((method) => ({ method, path: String(layer.path) })),
    );
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // koa-app.ts refuses in words
      headersTimeout: headersMs,
      // The body's own deadline, which can be answered better, comes first.
      requestTimeout: headersMs + bodyMs + checkMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkMs,
    });
    this.#connections.watch(server);
    answerClientErrors(server, this.#connections, clock);
    const handle = app.callback();
    server.on("request", (request, response) => void handle(request, response));
    return server;
  }

  async #close(server: Server): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#openRequests.abortAll(new UnavailableError("the server stops"));
    server.closeIdleConnections();
    const cancel = this.#options.clock.after(this.#timeouts.graceMs, () => this.#connections.destroyAll());
    await closed;
    cancel();
  }
}
