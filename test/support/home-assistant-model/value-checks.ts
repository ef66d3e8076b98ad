import { type Json, toText } from "./json.ts";
import { findFilterFault, findTopicFault } from "./topics.ts";

/** What is wrong with one value, in words that follow its key; undefined when nothing is. */
export type Check = (value: Json) => string | undefined;

/** A string. HA would take numbers and booleans for text too; a sender that relies on it has a mistake. */
export const text: Check = (value) => {
  if (typeof value !== "string") return "must be a string";
  return Buffer.from(value).toString() === value ? undefined : "must be valid UTF-8";
};

export const nonEmptyText: Check = (value) => text(value) ?? (value === "" ? "must not be empty" : undefined);

export const bool: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

export const finiteNumber: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : "must be a number";

/** Seconds, digits and the like. */
export const wholeNumber: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : "must be a whole number, 0 or more";

export const step: Check = (value) =>
  finiteNumber(value) ?? (Number(value) < 1e-3 ? "must be 0.001 or more" : undefined);

export const topicToPublish: Check = (value) => text(value) ?? findTopicFault(toText(value));

export const topicToSubscribe: Check = (value) => text(value) ?? findFilterFault(toText(value));

export const icon: Check = (value) =>
  text(value) ?? (toText(value).includes(":") ? undefined : "must look like mdi:name");

/** A string whose braces close; what stands between them is not read. */
export const template: Check = (value) =>
  text(value) ?? (isBalanced(toText(value)) ? undefined : "unbalanced template");

export const qos: Check = oneOf(0, 1, 2);

export const httpUrl: Check = urlOf("http", "https");

/** Where a device may send the user. */
export const configurationUrl: Check = urlOf("http", "https", "homeassistant");

/** A codec name of Python's that a sender may mean, or none: payloads are then bytes. */
export const encoding: Check = oneOf("", "utf-8", "utf8", "ascii", "latin-1", "iso-8859-1");

export function oneOf(...allowed: readonly Json[]): Check {
  return (value) => (allowed.includes(value) ? undefined : `must be one of ${allowed.map(printValue).join(", ")}`);
}

export function orNull(check: Check): Check {
  return (value) => (value === null ? undefined : check(value));
}

/** Some different strings. */
export const textList: Check = (value) => {
  if (!Array.isArray(value)) return "must be a list";
  if (value.length === 0) return "must not be empty";
  const texts: readonly Json[] = value;
  if (texts.some((entry) => text(entry) !== undefined)) return "must be a list of strings";
  return new Set(texts).size === texts.length ? undefined : "must not repeat an entry";
};

function urlOf(...schemes: readonly string[]): Check {
  const shape = new RegExp(`^(?:${schemes.join("|")})://[^/?#\\s]+\\S*$`, "i");
  return (value) => text(value) ?? (shape.test(toText(value)) ? undefined : `must be a URL of ${schemes.join(", ")}`);
}

function isBalanced(value: string): boolean {
  const count = (part: string): number => value.split(part).length - 1;
  return count("{{") === count("}}") && count("{%") === count("%}");
}

function printValue(value: Json): string {
  return toText(value) || '""';
}
