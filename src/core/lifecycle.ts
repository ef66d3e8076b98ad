/**
 * Something with a beginning and an end. Constructors do no I/O; `start` resolves when the thing is usable; `stop` is
 * idempotent, safe before `start`, and ends within a deadline.
 */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}
