import type { ServerResponse } from "node:http";
import type { Principal } from "../../access/principal.ts";
import type { Clock } from "../../core/clock.ts";
import { ProtocolError } from "../../core/errors.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRoute } from "../../protocol/http/route.ts";
import { toKoaHeaders } from "./answer-errors.ts";
import { requireAccess, requireSomebody } from "./check-access.ts";
import type { Connections } from "./connections.ts";
import type { HttpContext, HttpMiddleware } from "./http-context.ts";
import type { BodyLimits } from "./json-body.ts";
import { KoaRequest, type OpenRequests } from "./koa-request.ts";
import type { OpenStreams } from "./open-streams.ts";
import { notForPictures, showsPicture } from "./security-headers.ts";

/** What {@link openDoor} needs. */
export interface DoorParts {
  readonly connections: Connections;
  readonly streams: OpenStreams;
  readonly openRequests: OpenRequests;
  readonly bodyLimits: BodyLimits;
  readonly clock: Clock;
}

/** One door as koa's router calls it: who may not come in is told why, what it replies is sent. */
export function openDoor(parts: DoorParts, route: HttpRoute): HttpMiddleware {
  const isPicture = showsPicture(route);
  return async (context) => {
    const { params } = context as unknown as { params: Readonly<Record<string, string>> };
    const { tally } = parts.connections;
    const principal = requireAccess(route, context, params["id"], tally);
    const request = new KoaRequest(context, route, principal, parts);
    if (isPicture) allowEmbedding(context);
    // Nobody starts a camera who is turned away anyhow.
    if (route.isStream && context.method !== "HEAD") parts.streams.requireRoom(principal);
    const reply = await route.handle(request);
    if ("takeOver" in reply) sendStream(parts, context, principal, reply.takeOver);
    else send(context, route, reply);
  };
}

/** A path without a door; whoever is not known learns only that. */
export function answerNoDoor(): HttpMiddleware {
  return (context) => {
    requireSomebody(context.state.identity);
    const matched = (context as { matched?: readonly { methods: string[] }[] }).matched ?? [];
    const allowed = [...new Set(matched.flatMap((layer) => layer.methods))].toSorted();
    if (allowed.length === 0) throw new ProtocolError(`there is nothing at ${context.path}`, 404);
    const headers = { Allow: allowed.join(", ") };
    throw new HttpProblem(405, `${context.path} takes ${headers.Allow}, not ${context.method}`, { headers });
  };
}

function allowEmbedding(context: HttpContext): void {
  context.set("Cross-Origin-Resource-Policy", "cross-origin");
  for (const name of notForPictures) context.remove(name);
}

function sendStream(
  { connections, streams }: DoorParts,
  context: HttpContext,
  principal: Principal | undefined,
  takeOver: (response: ServerResponse) => void,
): void {
  const { res, req } = context;
  const isHead = context.method === "HEAD";
  // Others may have come while this one waited for its first picture.
  if (!isHead) streams.requireRoom(principal);
  context.respond = false;
  res.useChunkedEncodingByDefault = false;
  res.shouldKeepAlive = false;
  res.statusCode = 200;
  if (!isHead) {
    connections.of(req.socket)?.stream();
    streams.add(principal, res);
  }
  takeOver(res);
  // HEAD has no body to wait for.
  if (isHead && !res.writableEnded) res.end();
}

function send(context: HttpContext, route: HttpRoute, reply: Exclude<HttpReply, { readonly takeOver: unknown }>): void {
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
