import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpContext, HttpMiddleware } from "./http-context.ts";
import type { HttpTally } from "./http-tally.ts";
import type { Origins } from "./origins.ts";

const METHODS = "GET, HEAD, POST, PATCH, DELETE";
const REQUEST_HEADERS = "Authorization, Content-Type, If-None-Match, X-CSRF-Token";
const ANSWER_HEADERS = "ETag, Retry-After, X-Frame-Age, X-Timestamp";
/** Browsers ask again after this. */
const PREFLIGHT_SECONDS = "600";

/**
 * Pages of other origins: those that are listed may read answers (CORS) and change things; all others may neither. A request
 * that no page made has no Origin.
 */
export function checkOrigin(origins: Origins, tally: HttpTally): HttpMiddleware {
  return (context, next) => {
    if (origins.areAny) context.vary("Origin");
    const origin = context.get("Origin");
    if (origin === "") return next();
    const reader = origins.reader(origin);
    if (reader) allowReading(context, reader === "credentials" ? origin : undefined);
    if (isPreflight(context)) {
      if (!reader) throw refuse(tally);
      return answerPreflight(context);
    }
    const mayChange = origins.mayChange(origin, context.state.client.host);
    if (changesSomething(context) && !mayChange) throw refuse(tally);
    return next();
  };
}

/** Whether a request may do more than read: by its method, or because a WebSocket is no request of one kind. */
export function changesSomething({ method, headers }: Pick<HttpContext, "method" | "headers">): boolean {
  return !["GET", "HEAD", "OPTIONS"].includes(method) || headers["upgrade"] !== undefined;
}

function allowReading(context: HttpContext, origin: string | undefined): void {
  context.set("Access-Control-Allow-Origin", origin ?? "*");
  if (origin !== undefined) context.set("Access-Control-Allow-Credentials", "true");
  context.set("Access-Control-Expose-Headers", ANSWER_HEADERS);
  context.set("Cross-Origin-Resource-Policy", "cross-origin");
}

function isPreflight(context: HttpContext): boolean {
  return context.method === "OPTIONS" && context.get("Access-Control-Request-Method") !== "";
}

/** Preflights carry no credentials: whoever is listed is told what it may ask, nothing else. */
function answerPreflight(context: HttpContext): undefined {
  context.status = 204;
  context.set({
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": REQUEST_HEADERS,
    "Access-Control-Max-Age": PREFLIGHT_SECONDS,
  });
  if (context.get("Access-Control-Request-Private-Network") === "true") {
    context.set("Access-Control-Allow-Private-Network", "true");
  }
  return undefined;
}

function refuse(tally: HttpTally): HttpProblem {
  tally.refused("origin");
  return new HttpProblem(403, "pages of this origin may not do this here; server.corsOrigins lists those that may");
}
