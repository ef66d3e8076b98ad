import { UnavailableError } from "../core/errors.ts";
import { HttpProblem } from "../protocol/http/problem.ts";

/** 429 after too many wrong passwords, told apart from other 429s for the metrics. */
export class TooManyFailuresProblem extends HttpProblem {
  /** `seconds`: until the next attempt may be made. */
  constructor(seconds: number) {
    super(429, `too many wrong passwords: try again in ${seconds} s`, { headers: { "Retry-After": String(seconds) } });
  }
}

/** 503: a password was not looked at, as too many wait for that. */
export class PasswordsBusyError extends UnavailableError {
  constructor() {
    super("too many passwords are being checked", 3);
  }
}
