/** One mistake in the configuration: where it is, what stands there, what may stand there. */
export interface ConfigProblem {
  /** Path of the key, e.g. `cameras.0.width`. */
  readonly key: string;
  /** The offending value as it was given; secrets are masked by whoever builds the problem. */
  readonly value: unknown;
  /** What would have been right, in plain words. */
  readonly allowed: string;
}

/** The configuration cannot be used. Carries every mistake, not just the first. Exit status 78 (EX_CONFIG). */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatConfigProblem).join("\n"));
    this.problems = problems;
  }
}

/** `key: is VALUE, but must be ALLOWED` on one line. */
export function formatConfigProblem(problem: ConfigProblem): string {
  const value = problem.value === undefined ? "" : ` is ${JSON.stringify(problem.value)},`;
  return `${problem.key}:${value} ${problem.allowed}`;
}

/** Why a camera cannot be used; what the caller may conclude from a {@link DeviceError}. */
export type DeviceErrorCode =
  | "gone" // unplugged, or the node does not exist: wait for it
  | "busy" // somebody else holds it: try again later
  | "permission" // this user may not open it: a person must act
  | "bandwidth" // no room on the USB bus (ENOSPC)
  | "format" // the camera cannot do what was asked for
  | "stalled" // streaming, but no frame came in time
  | "unsupported" // not a capture device, or no way to use it
  | "failed"; // anything else the driver reported

/** A camera failed. `message` is in plain words and complete: what failed, on what, and what to do. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What came over the wire breaks the protocol. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** HTTP status to answer with, where there is somebody to answer. */
  readonly status: number;

  constructor(message: string, status = 400, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Something cannot be read from or written to disk. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

/** What was asked for is not there now but may be soon: 503 with Retry-After. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 5, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
