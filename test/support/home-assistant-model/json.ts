/** What `JSON.parse` gives. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The elements of a list, or one thing as a list of one: what HA's `ensure_list` does. */
export function toList(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** The JSON in `payload`, or undefined when it is not UTF-8 or not JSON. */
export function parseJson(payload: Buffer | string): Json | undefined {
  try {
    const text = typeof payload === "string" ? payload : decodeUtf8(payload);
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Strict UTF-8; a byte order mark is kept (and is no JSON). Throws TypeError. */
export function decodeUtf8(payload: Buffer): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
}

/** A string as it is, anything else as its JSON; `fallback` for what is not there or null. */
export function toText(value: Json | undefined, fallback = ""): string {
  if (value === undefined || value === null) return fallback;
  return typeof value === "string" ? value : JSON.stringify(value);
}
