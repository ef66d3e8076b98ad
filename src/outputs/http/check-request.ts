import { HttpProblem } from "../../protocol/http/problem.ts";
import { plainBasePath, withoutBasePath } from "../../protocol/http/base-path.ts";
import type { Connections } from "./connections.ts";
import type { HttpContext, HttpMiddleware } from "./http-context.ts";
import type { HttpTally } from "./http-tally.ts";
import { parseHost, type OwnNames } from "./own-names.ts";

const CLOSE = { headers: { Connection: "close" } };

/** Refuses what can be read in two ways: two hosts, a body in an encoding that we do not undo, a target that is no URL. */
export function checkForm(connections: Connections): HttpMiddleware {
  return (context, next) => {
    try {
      checkVersion(context);
      checkHostHeaders(context);
      checkCredentials(context);
      checkEncoding(context);
      readTarget(context);
      context.state.path = context.path;
    } catch (error) {
      connections.of(context.req.socket)?.distrust();
      connections.tally.refused("malformed");
      throw error;
    }
    return next();
  };
}

/** Node's parser lets 0.9 and 2.0 pass. */
function checkVersion({ req }: HttpContext): void {
  if (req.httpVersion === "1.1" || req.httpVersion === "1.0") return;
  throw new HttpProblem(505, "the only versions are HTTP/1.1 and HTTP/1.0", CLOSE);
}

/** RFC 9112, 3.2: one Host, unless HTTP/1.0 has none. Node's own refusal would have no words. */
function checkHostHeaders({ req }: HttpContext): void {
  const count = countHeaders(req, "host");
  if (count > 1) throw new HttpProblem(400, "the request has more than one Host header", CLOSE);
  if (count === 0 && req.httpVersion === "1.1") {
    throw new HttpProblem(400, "the request has no Host header", CLOSE);
  }
}

/** Of two credentials, a proxy may have looked at the other one. */
function checkCredentials({ req }: HttpContext): void {
  if (countHeaders(req, "authorization") > 1) {
    throw new HttpProblem(400, "the request has more than one Authorization header", CLOSE);
  }
}

function countHeaders({ rawHeaders }: HttpContext["req"], wanted: string): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === wanted).length;
}

/** RFC 9112, 6.1: what we do not understand, we do not guess; in HTTP/1.0 it is a trick. */
function checkEncoding({ req }: HttpContext): void {
  const encoding = req.headers["transfer-encoding"];
  if (encoding === undefined) return;
  if (req.httpVersion !== "1.1") throw new HttpProblem(400, "HTTP/1.0 has no Transfer-Encoding", CLOSE);
  if (encoding.trim().toLowerCase() !== "chunked") {
    throw new HttpProblem(501, "the only Transfer-Encoding is chunked", CLOSE);
  }
}

/** RFC 9112, 3.2.2: the host in an absolute target is the one that counts. */
function readTarget(context: HttpContext): void {
  const { req } = context;
  const target = req.url ?? "";
  if (target.startsWith("/") || target === "*") return requireUrl(context);
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) throw notUrl();
  const url = new URL(target);
  if (url.username !== "" || url.password !== "") throw notUrl();
  req.url = url.pathname + url.search;
  req.headers.host = url.host;
  if (!context.state.client.isProxied) context.state.client = { ...context.state.client, host: url.host };
}

function requireUrl(context: HttpContext): void {
  try {
    void context.path;
  } catch (error) {
    throw notUrl(error);
  }
}

function notUrl(cause?: unknown): HttpProblem {
  return new HttpProblem(400, "the request's target is not a URL", CLOSE, { cause });
}

/** Refuses who asks for us by a name that is not ours: see {@link OwnNames}. */
export function checkHost(names: OwnNames, tally: HttpTally): HttpMiddleware {
  return ({ state: { client } }, next) => {
    if (client.host === undefined) return next();
    const host = parseHost(client.host);
    if (!host) {
      tally.refused("malformed");
      throw new HttpProblem(400, "the Host header is not a host", CLOSE);
    }
    if (names.has(host.name)) return next();
    tally.refused("host");
    const detail = `${host.name.slice(0, 100)} is no name of this server; if it should be, add it to server.hosts`;
    throw new HttpProblem(421, detail, CLOSE);
  };
}

/** Takes the base path off, where it is. */
export function takeOffBasePath(basePath: string): HttpMiddleware {
  return (context, next) => {
    const path = withoutBasePath(basePath, context.path);
    if (path !== "") {
      if (path !== context.path) context.path = path;
      return next();
    }
    context.status = 308;
    context.set("Location", `${plainBasePath(basePath)}/${context.search}`);
    context.body = null;
    context.status = 308;
    return undefined;
  };
}

/** Paths that go on answering by plain HTTP: who checks our health need not know our certificate. */
const PLAIN: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Sends everybody to HTTPS, on `port()`, who comes without; a proxy does so itself. */
export function redirectToHttps(basePath: string, port: () => number): HttpMiddleware {
  return (context, next) => {
    const { client } = context.state;
    const host = parseHost(client.host ?? "");
    if (client.isEncrypted || client.isProxied || !host || PLAIN.has(context.path)) return next();
    const name = host.name.includes(":") ? `[${host.name}]` : host.name;
    const suffix = port() === 443 ? "" : `:${port()}`;
    context.body = null;
    context.status = 308;
    context.set("Location", `https://${name}${suffix}${plainBasePath(basePath)}${context.path}${context.search}`);
    return undefined;
  };
}
