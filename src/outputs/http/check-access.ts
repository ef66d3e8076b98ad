import { timingSafeEqual } from "node:crypto";
import { may, maySee, type Principal } from "../../access/principal.ts";
import { ProtocolError } from "../../core/errors.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import type { GuardPort } from "./guard-port.ts";
import type { HttpContext, HttpMiddleware, Identity } from "./http-context.ts";
import type { HttpTally } from "./http-tally.ts";

const NOBODY: Identity = { principal: undefined, refusal: undefined };

/** Finds out who asks. */
export function identify(guard: GuardPort): HttpMiddleware {
  return async (context, next) => {
    context.state.identity = await recognise(guard, context);
    return next();
  };
}

async function recognise(guard: GuardPort, context: HttpContext): Promise<Identity> {
  const { client } = context.state;
  try {
    const principal = await guard.identify({
      method: context.method,
      target: context.originalUrl,
      path: context.path,
      query: new URLSearchParams(context.querystring),
      headers: context.headers,
      address: client.address,
      isEncrypted: client.isEncrypted,
    });
    return principal ? { principal, refusal: undefined } : NOBODY;
  } catch (error) {
    return { principal: undefined, refusal: error instanceof Error ? error : new Error(String(error)) };
  }
}

/**
 * Throws HttpProblem 403 for a change in a session that our own page did not make: a page of another site can make a browser
 * send its cookies, but cannot know what goes with them.
 */
function requireToken({ means, csrfToken }: Principal, context: HttpContext, tally: HttpTally): void {
  if (means !== "session" || ["GET", "HEAD", "OPTIONS"].includes(context.method)) return;
  if (csrfToken !== undefined && isEqual(context.get("X-CSRF-Token"), csrfToken)) return;
  tally.refused("csrf");
  throw new HttpProblem(403, "a change needs the session's X-CSRF-Token, which GET /api/session tells");
}

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Who came, where `route` lets them in. Throws what the guard has against them, HttpProblem 401 (nobody) or 403, or ProtocolError 404
 * for a camera that is not theirs, just as for one that does not exist.
 */
export function requireAccess(
  { access }: HttpRoute,
  context: HttpContext,
  cameraId: string | undefined,
  tally: HttpTally,
): Principal | undefined {
  const { identity } = context.state;
  if (access === "open") return identity?.principal;
  const principal = requireSomebody(identity);
  requireToken(principal, context, tally);
  if (access !== "known" && !may(principal, access)) {
    tally.refused("forbidden");
    throw new HttpProblem(403, `${principal.name} may not do this: it needs the right "${access}"`);
  }
  if (cameraId !== undefined && !maySee(principal, cameraId)) {
    throw new ProtocolError(`there is no camera ${JSON.stringify(cameraId)}`, 404);
  }
  return principal;
}

/** Throws where nobody whom we know asks. */
export function requireSomebody(identity: Identity | undefined): Principal {
  if (identity?.principal) return identity.principal;
  if (!identity?.refusal) throw new HttpProblem(401, "this needs a user name and a password, or a token");
  throw identity.refusal;
}
