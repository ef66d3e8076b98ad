import { toPrintable } from "./printable.ts";

/** Makes what is about to be logged fit to be read by anybody. */
export interface Scrubber {
  text(text: string): string;
  fields(fields: object): Record<string, unknown>;
}

const hidden = "(hidden)";
/** Names of fields whose value is a secret whatever it is. */
const secretName = /passw|passphrase|secret|token|authorization|cookie|credential|private-?key|api-?key/i;
/** User and password in a URL. */
const urlCredentials = /([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi;
/** Shorter secrets would blot out ordinary words. */
const shortestSecret = 4;
const deepest = 6;

/**
 * Hides `secrets` wherever they stand in a text, credentials in URLs, and fields with telling names; makes control
 * characters visible; turns what JSON cannot say (bigints, buffers, circles, errors) into something it can.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const known = secrets.filter((secret) => secret.length >= shortestSecret).sort((a, b) => b.length - a.length);

  function text(value: string): string {
    let shown = value;
    for (const secret of known) shown = shown.replaceAll(secret, hidden);
    return toPrintable(shown.replace(urlCredentials, `$1${hidden}@`));
  }

  function anything(value: unknown, depth: number): unknown {
    if (typeof value === "string") return text(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= deepest) return "(…)";
    if (value instanceof Error) return error(value, depth);
    if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
    if (Array.isArray(value)) return value.map((entry: unknown) => anything(entry, depth + 1));
    if (value instanceof Date) return value;
    return record(value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value, depth);
  }

  function record(value: object, depth: number): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]: [string, unknown]) => [
        text(key),
        secretName.test(key) && inner !== undefined ? hidden : anything(inner, depth + 1),
      ]),
    );
  }

  function error(value: Error, depth: number): Record<string, unknown> {
    // The first lines of a stack are the message once more, as its author (perhaps a client) wrote it.
    const frames = (value.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line));
    const code = "code" in value && typeof value.code === "string" ? { code: text(value.code) } : {};
    const cause = value.cause === undefined ? {} : { cause: anything(value.cause, depth + 1) };
    const message = text(value.message);
    const stack = [`${text(value.name)}: ${message}`, ...frames.map(text)].join("\n");
    return { type: text(value.name), message, ...code, stack, ...cause };
  }

  return { text, fields: (fields) => record(fields, 0) };
}
