import type { IncomingHttpHeaders } from "node:http";
import type { Context } from "koa";
import type { Clock } from "../../core/clock.ts";
import { parseQuery, type QueryValue } from "../../protocol/http/query.ts";
import type { Caller, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import { plainAddress } from "./connections.ts";
import { readJson, type BodyLimits } from "./json-body.ts";

/** The requests under way that asked for a signal, so that stopping can end them all. */
export class OpenRequests {
  readonly #controllers = new Set<AbortController>();

  add(controller: AbortController): void {
    this.#controllers.add(controller);
  }

  delete(controller: AbortController): void {
    this.#controllers.delete(controller);
  }

  abortAll(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}

/** One koa context as a door sees it. Throws HttpProblem 400 when a query value is bad. */
export class KoaRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, QueryValue | undefined>>;
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller | undefined;
  readonly remoteAddress: string;
  readonly #context: Context;
  readonly #open: OpenRequests;
  readonly #bodyLimits: BodyLimits;
  readonly #clock: Clock;
  #controller: AbortController | undefined;

  constructor(
    context: Context,
    route: HttpRoute,
    caller: Caller | undefined,
    open: OpenRequests,
    bodyLimits: BodyLimits,
    clock: Clock,
  ) {
    this.method = context.method;
    this.path = context.path;
    this.params = context.params as Record<string, string>;
    this.query = parseQuery(route.query ?? [], context.querystring);
    this.headers = context.headers;
    this.caller = caller;
    this.remoteAddress = plainAddress(context.socket.remoteAddress);
    this.#context = context;
    this.#open = open;
    this.#bodyLimits = bodyLimits;
    this.#clock = clock;
  }

  /** Made when first asked for: most answers are written before anybody could go away. */
  get signal(): AbortSignal {
    this.#controller ??= this.#createController();
    return this.#controller.signal;
  }

  json(): Promise<unknown> {
    return readJson(this.#context.req, this.#bodyLimits, this.#clock);
  }

  #createController(): AbortController {
    const controller = new AbortController();
    const { res } = this.#context;
    if (res.destroyed || res.closed) {
      controller.abort(new Error("the client went away"));
      return controller;
    }
    this.#open.add(controller);
    res.once("close", () => {
      this.#open.delete(controller);
      if (!res.writableFinished) controller.abort(new Error("the client went away"));
    });
    return controller;
  }
}
