import { getSystemErrorMap } from "node:util";

const errorNames = new Map([...getSystemErrorMap()].map(([number, [name]]) => [-number, name]));
// Linux numbers that libuv has no name for and drivers do return.
errorNames.set(71, "EPROTO").set(121, "EREMOTEIO").set(62, "ETIME").set(19, "ENODEV").set(77, "EBADFD");

/** A system call said no. The operating system's words, not yet a person's: see `toDeviceError`. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  /** `EBUSY` and so on; `E` and the number where Linux has a name that Node does not know. */
  readonly code: string;
  readonly errno: number;
  /** What failed, e.g. `open` or `VIDIOC_S_FMT`. */
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    const code = errorNames.get(errno) ?? `E${errno}`;
    super(`${syscall}: ${code}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Whether `error` is a {@link SystemCallError} with one of these codes. */
export function isSystemCallError(error: unknown, ...codes: readonly string[]): error is SystemCallError {
  return error instanceof SystemCallError && (codes.length === 0 || codes.includes(error.code));
}
