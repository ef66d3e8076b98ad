import type { Log } from "../../core/log.ts";

/** Complaints about controls: each is a warning when it is new and a debug line when a re-open repeats it. */
export interface Warnings {
  /** `reason` finishes the sentence `control NAME: VALUE `. */
  warn(name: string, value: unknown, reason: string): void;
  /** A whole sentence. */
  say(message: string): void;
  /** The controls could not be set at all. */
  failed(error: unknown): void;
}

export function createWarnings(log: Log, device: string): Warnings {
  const said = new Set<string>();
  const say = (fields: object, message: string): void => {
    if (said.has(message)) {
      log.debug({ device, ...fields }, message);
      return;
    }
    said.add(message);
    log.warn({ device, ...fields }, message);
  };
  return {
    say: (message) => say({}, message),
    warn: (name, value, reason) => say({ control: name, value }, `control ${name}: ${JSON.stringify(value)} ${reason}`),
    failed: (error) =>
      say({ err: error }, `controls not set: ${error instanceof Error ? error.message : String(error)}`),
  };
}
