import { STATUS_CODES, type OutgoingHttpHeaders } from "node:http";
import { ConfigError, DeviceError, ProtocolError, UnavailableError } from "../../core/errors.ts";

/** An error answer as RFC 9457 has it (`application/problem+json`), with members of our own beside the registered ones. */
export interface Problem {
  /** Always `about:blank`: the status says what kind of problem it is (RFC 9457 section 4.2.1). */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What went wrong this time, in plain words. */
  readonly detail?: string;
  /** The path that was asked for. */
  readonly instance?: string;
  readonly [extension: string]: unknown;
}

/** What an {@link HttpProblem} says beside status and detail. */
export interface ProblemExtras {
  /** Further members of the problem document. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: OutgoingHttpHeaders;
}

/** A ProtocolError whose answer carries more than a status: thrown by doors, turned into a problem by the server. */
export class HttpProblem extends ProtocolError {
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, detail: string, extras: ProblemExtras = {}, options?: ErrorOptions) {
    super(detail, status, options);
    this.members = extras.members ?? {};
    this.headers = extras.headers ?? {};
  }
}

/** The answer to an error. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: OutgoingHttpHeaders;
  /** False for errors that say nothing to the client because they are our own fault: log them. */
  readonly expected: boolean;
}

/** Seconds after which a client may try again where the error itself does not say. */
const RETRY_AFTER_SECONDS = 5;

/** Media type of {@link Problem}. */
export const PROBLEM_TYPE = "application/problem+json";

/** Members that RFC 9457 section 3.1 gives a meaning. */
const REGISTERED: ReadonlySet<string> = new Set(["type", "title", "status", "detail", "instance"]);

/** The problem document with this status; `members` cannot replace the registered members. */
export function createProblem(
  status: number,
  detail?: string,
  members: Readonly<Record<string, unknown>> = {},
  instance?: string,
): Problem {
  const extensions = Object.entries(members).filter(([name]) => !REGISTERED.has(name));
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(instance === undefined ? {} : { instance }),
    ...Object.fromEntries(extensions),
  };
}

/** What to answer when `error` was thrown while `instance` (a path) was asked for. Nothing internal gets out. */
export function toProblem(error: unknown, instance?: string): ProblemAnswer {
  const answer = (status: number, detail: string, members = {}, headers: OutgoingHttpHeaders = {}): ProblemAnswer => ({
    problem: createProblem(status, detail, members, instance),
    headers,
    expected: true,
  });
  if (error instanceof HttpProblem) return answer(error.status, error.message, error.members, error.headers);
  if (error instanceof ProtocolError) return answer(error.status, error.message);
  if (error instanceof UnavailableError) {
    return answer(503, error.message, {}, { "Retry-After": String(error.retryAfterSeconds) });
  }
  if (error instanceof DeviceError) {
    return answer(503, error.message, { code: error.code }, { "Retry-After": String(RETRY_AFTER_SECONDS) });
  }
  if (error instanceof ConfigError) return answer(422, error.message, { problems: error.problems });
  return { problem: createProblem(500, undefined, {}, instance), headers: {}, expected: false };
}
