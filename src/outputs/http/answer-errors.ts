import type { OutgoingHttpHeaders } from "node:http";
import { PasswordsBusyError, TooManyFailuresProblem } from "../../access/password-refusals.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { PROBLEM_TYPE, toProblem, type ProblemAnswer } from "../../protocol/http/problem.ts";
import type { Connections } from "./connections.ts";
import type { GuardPort } from "./guard-port.ts";
import type { HttpContext, HttpMiddleware } from "./http-context.ts";
import type { RefusalCause } from "./http-tally.ts";
import type { SecurityHeaders } from "./security-headers.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";
import { isBrowser, wantsPage } from "./user-agents.ts";

/** What {@link answerErrors} needs. */
export interface ErrorParts {
  readonly connections: Connections;
  readonly proxies: TrustedProxies;
  readonly headers: SecurityHeaders;
  readonly guard: GuardPort;
  /** The page that asks people who they are; undefined where there is none. */
  readonly loginPage: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Refusals that are told by their status alone. */
const causes: Readonly<Record<number, RefusalCause>> = {
  401: "unauthorized",
  408: "timeout",
  413: "body-too-large",
};

/** First in line: nothing thrown further down gets out as anything but problem JSON, or the login page. */
export function answerErrors(parts: ErrorParts): HttpMiddleware {
  const { connections, proxies, headers } = parts;
  return async (context, next) => {
    const { socket } = context.req;
    const connection = connections.of(socket);
    connection?.answer(context.res, parts.clock.monotonicNs());
    const client = proxies.clientOf(context.req, connection?.isUnixSocket);
    context.state.client = client;
    context.set(headers.forAll(client.isEncrypted));
    try {
      await next();
    } catch (error) {
      if (!answerError(parts, context, error)) return;
    }
    closeWithUnreadBody(context);
    connections.tally.answered(context.status);
  };
}

/** False when there is nobody, or no room, to answer. */
function answerError(parts: ErrorParts, context: HttpContext, error: unknown): boolean {
  const { connections, log } = parts;
  const { path } = context.state;
  if (context.req.socket.destroyed || connections.of(context.req.socket)?.isRefused) {
    log.debug({ err: error, path }, "an HTTP client went away before its answer");
    context.respond = false;
    return false;
  }
  if (context.res.headersSent) {
    log.error({ err: error, path }, "an HTTP answer failed after it began");
    context.res.destroy();
    return false;
  }
  const answer = toProblem(error, path);
  if (!answer.expected) log.error({ err: error, path }, "an HTTP request failed");
  const cause = causeOf(error, answer.problem.status);
  if (cause) connections.tally.refused(cause);
  context.respond = true;
  context.status = answer.problem.status;
  if (answer.problem.status === 401 && wantsPage(context) && parts.loginPage !== undefined) {
    showLoginPage(parts, context, parts.loginPage);
    return true;
  }
  context.set({ "Cache-Control": "no-store", ...toKoaHeaders(withChallenges(parts.guard, context, answer)) });
  context.type = PROBLEM_TYPE;
  context.body = JSON.stringify(answer.problem);
  return true;
}

/** Passwords are refused by the guard and by the doors that take them as JSON: all come past here. */
function causeOf(error: unknown, status: number): RefusalCause | undefined {
  if (error instanceof TooManyFailuresProblem) return "failures";
  return error instanceof PasswordsBusyError ? "passwords" : causes[status];
}

/** Without a challenge, which browsers would answer with a window of their own. */
function showLoginPage({ headers }: ErrorParts, context: HttpContext, page: string): void {
  context.set({ "Cache-Control": "no-store", ...headers.forPage() });
  context.type = "html";
  context.body = page;
}

function withChallenges(guard: GuardPort, context: HttpContext, { problem, headers }: ProblemAnswer) {
  if (problem.status !== 401) return headers;
  const { "WWW-Authenticate": challenges = [...guard.challenges(context.headers)], ...others } = headers;
  return isBrowser(context) ? others : { ...others, "WWW-Authenticate": challenges };
}

/** A body that nobody read may be without end, and what follows it on the connection is not to be trusted. */
function closeWithUnreadBody({ req, res }: HttpContext): void {
  const hasBody = req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
  if (hasBody && !req.complete) res.shouldKeepAlive = false;
}

/** Headers as koa takes them: undefined ones left out. */
export function toKoaHeaders(headers: OutgoingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? [...value] : String(value)]],
    ),
  );
}
