import Router from "@koa/router";
import Koa, { type Context, type Middleware } from "koa";
import type { Clock } from "../../core/clock.ts";
import { ProtocolError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { HttpProblem, PROBLEM_TYPE, toProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRoute } from "../../protocol/http/route.ts";
import type { Connections } from "./connections.ts";
import type { BodyLimits } from "./json-body.ts";
import { KoaRequest, type OpenRequests } from "./koa-request.ts";

/** What {@link createKoaApp} puts together. */
export interface KoaAppParts {
  readonly routes: readonly HttpRoute[];
  /** The path that answers for a path and a query; throws what is to be answered instead. */
  readonly resolveAlias: (path: string, query: string) => string;
  readonly connections: Connections;
  readonly openRequests: OpenRequests;
  readonly bodyLimits: BodyLimits;
  readonly clock: Clock;
  readonly log: Log;
}

/** All doors behind one koa application: aliases, room, errors and headers are the same for every one of them. */
export function createKoaApp(parts: KoaAppParts): { readonly app: Koa; readonly router: Router } {
  const app = new Koa();
  app.silent = true;
  // After `respond = false` or a broken connection: the socket's end is already known to who needs it.
  app.on("error", (error: Error) => parts.log.debug({ err: error }, "an HTTP connection broke"));
  const router = new Router();
  for (const route of parts.routes) {
    // A GET door is opened for HEAD by the router.
    router.register(route.path, [route.method], openDoor(parts, route));
  }
  app.use(answerErrors(parts));
  app.use(followAliases(parts));
  app.use(router.routes());
  app.use(answerNoDoor(parts));
  return { app, router };
}

/** First in line: nothing thrown further down gets out as anything but problem JSON. */
function answerErrors({ connections, log }: KoaAppParts): Middleware {
  return async (context, next) => {
    connections.answering(context.res);
    context.set({ "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin" });
    let path: string | undefined;
    try {
      path = readPath(context);
      requireHost(context);
      await next();
    } catch (error) {
      if (context.req.socket.destroyed) {
        log.debug({ err: error, path }, "an HTTP client went away before its answer");
        context.respond = false;
        return;
      }
      if (context.res.headersSent) {
        log.error({ err: error, path }, "an HTTP answer failed after it began");
        context.res.destroy();
        return;
      }
      const answer = toProblem(error, path);
      if (!answer.expected) log.error({ err: error, path }, "an HTTP request failed");
      context.respond = true;
      context.status = answer.problem.status;
      context.set({ "Cache-Control": "no-store", ...toKoaHeaders(answer.headers) });
      context.type = PROBLEM_TYPE;
      context.body = JSON.stringify(answer.problem);
    }
    connections.tally.answered(context.status);
  };
}

/** Reading the path parses the URL, which may be none. */
function readPath(context: Context): string {
  try {
    return context.path;
  } catch (error) {
    throw new ProtocolError("the request's target is not a URL", 400, { cause: error });
  }
}

/** RFC 9112, 3.2. Node's own refusal would have no words. */
function requireHost({ req }: Context): void {
  if (req.httpVersion === "1.1" && req.headers.host === undefined)
    throw new ProtocolError("the request has no Host header");
}

function followAliases({ resolveAlias }: KoaAppParts): Middleware {
  return (context, next) => {
    const target = resolveAlias(context.path, context.querystring);
    if (target !== context.path) context.path = target;
    return next();
  };
}

function openDoor(parts: KoaAppParts, route: HttpRoute): Middleware {
  return async (context) => {
    if (route.room !== "reserved") refuseWithoutRoom(context, parts.connections);
    else if (placeOf(context, parts.connections)?.limitMet) context.res.shouldKeepAlive = false;
    const request = new KoaRequest(context, route, undefined, parts.openRequests, parts.bodyLimits, parts.clock);
    send(context, route, await route.handle(request));
  };
}

function answerNoDoor({ connections }: KoaAppParts): Middleware {
  return (context) => {
    refuseWithoutRoom(context, connections);
    const matched = (context as { matched?: readonly { methods: string[] }[] }).matched ?? [];
    const allowed = [...new Set(matched.flatMap((layer) => layer.methods))].toSorted();
    if (allowed.length === 0) throw new ProtocolError(`there is nothing at ${context.path}`, 404);
    const headers = { Allow: allowed.join(", ") };
    throw new HttpProblem(405, `${context.path} takes ${headers.Allow}, not ${context.method}`, { headers });
  };
}

function placeOf(context: Context, connections: Connections) {
  return connections.placeOf(context.req.socket);
}

function refuseWithoutRoom(context: Context, connections: Connections): void {
  const limitMet = placeOf(context, connections)?.limitMet;
  if (!limitMet) return;
  connections.tally.refused(limitMet);
  const headers = { "Retry-After": "5", Connection: "close" };
  if (limitMet === "address") throw new HttpProblem(429, "too many connections from this address", { headers });
  throw new HttpProblem(503, "too many connections: every place is taken", { headers });
}

function send(context: Context, route: HttpRoute, reply: HttpReply): void {
  const { res } = context;
  if ("takeOver" in reply) {
    context.respond = false;
    res.useChunkedEncodingByDefault = false;
    res.shouldKeepAlive = false;
    res.statusCode = 200;
    reply.takeOver(res);
    // HEAD has no body to wait for.
    if (context.method === "HEAD" && !res.writableEnded) res.end();
    return;
  }
  context.status = reply.status ?? 200;
  context.set(toKoaHeaders(reply.headers ?? {}));
  if (reply.body === undefined) context.body = null;
  else {
    if (!context.response.get("Content-Type")) context.type = route.response.type;
    context.body = isPlainObject(reply.body) ? JSON.stringify(reply.body) : reply.body;
  }
  // `body = null` makes koa say 204.
  if (reply.status !== undefined) context.status = reply.status;
}

function isPlainObject(body: string | Buffer | object): body is object {
  return typeof body === "object" && !Buffer.isBuffer(body);
}

function toKoaHeaders(headers: NonNullable<Extract<HttpReply, { body?: unknown }>["headers"]>) {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? [...value] : String(value)]],
    ),
  ) as Record<string, string | string[]>;
}
