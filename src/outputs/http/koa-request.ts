import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { parseQuery, type QueryValue } from "../../protocol/http/query.ts";
import type { Caller, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import type { HttpContext } from "./http-context.ts";
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

/** What a {@link KoaRequest} needs of its server. */
interface RequestParts {
  readonly openRequests: OpenRequests;
  readonly bodyLimits: BodyLimits;
  readonly clock: Clock;
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
  readonly isEncrypted: boolean;
  readonly #context: HttpContext;
  readonly #parts: RequestParts;
  #controller: AbortController | undefined;

  constructor(context: HttpContext, route: HttpRoute, caller: Caller | undefined, parts: RequestParts) {
    this.method = context.method;
    this.path = context.path;
    this.params = (context as unknown as { params: Record<string, string> }).params;
    this.query = parseQuery(route.query ?? [], context.querystring);
    this.headers = context.headers;
    this.caller = caller;
    this.remoteAddress = context.state.client.address;
    this.isEncrypted = context.state.client.isEncrypted;
    this.#context = context;
    this.#parts = parts;
  }

  /** Made when first asked for: most answers are written before anybody could go away. */
  get signal(): AbortSignal {
    this.#controller ??= this.#createController();
    return this.#controller.signal;
  }

  json(): Promise<unknown> {
    return readJson(this.#context.req, this.#parts.bodyLimits, this.#parts.clock);
  }

  #createController(): AbortController {
    const controller = new AbortController();
    const { res } = this.#context;
    if (res.destroyed || res.closed) {
      controller.abort(new Error("the client went away"));
      return controller;
    }
    this.#parts.openRequests.add(controller);
    res.once("close", () => {
      this.#parts.openRequests.delete(controller);
      if (!res.writableFinished) controller.abort(new Error("the client went away"));
    });
    return controller;
  }
}
