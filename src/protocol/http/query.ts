import { HttpProblem } from "./problem.ts";
import type { QueryParameter } from "./route.ts";

/** The value of one query key. */
export type QueryValue = number | boolean | string;

/** A value that cannot be read; as listed in the problem's `problems`. */
interface QueryProblem {
  readonly key: string;
  readonly value: string;
  readonly allowed: string;
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  "": true,
  "1": true,
  true: true,
  yes: true,
  on: true,
  "0": false,
  false: false,
  no: false,
  off: false,
};

/** Decimal notation only: no hexadecimal, no exponent, no blanks. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * Reads the keys that `parameters` declare out of a query string (without `?`). Unknown keys are ignored, of a repeated
 * one the last counts. Throws HttpProblem 400 that names every key with a bad value.
 */
export function parseQuery(
  parameters: readonly QueryParameter[],
  query: string,
): Readonly<Record<string, QueryValue | undefined>> {
  const values: Record<string, QueryValue | undefined> = {};
  if (query === "" || parameters.length === 0) return values;
  const given = new URLSearchParams(query);
  const problems: QueryProblem[] = [];
  for (const { name, schema } of parameters) {
    const text = given.getAll(name).at(-1);
    if (text === undefined) continue;
    const value = readValue(schema, text);
    if (value === undefined) problems.push({ key: name, value: text.slice(0, 100), allowed: describeSchema(schema) });
    else values[name] = value;
  }
  const [first] = problems;
  if (first) {
    const detail = problems.map(({ key, value, allowed }) => `${key} is ${JSON.stringify(value)}, ${allowed}`);
    throw new HttpProblem(400, detail.join("; "), { members: { key: first.key, problems } });
  }
  return values;
}

/** What a value of this schema must be, in plain words: `must be a whole number from 0 to 60`. */
export function describeSchema(schema: QueryParameter["schema"]): string {
  switch (schema.type) {
    case "boolean":
      return "must be 1, true, yes, on, 0, false, no or off";
    case "string":
      if (schema.pattern !== undefined) return `must match ${schema.pattern}`;
      return schema.maxLength === undefined ? "must be text" : `must be text of at most ${schema.maxLength} characters`;
    default: {
      const low = schema.minimum === undefined ? "" : ` from ${schema.minimum}`;
      const high = schema.maximum === undefined ? "" : ` to ${schema.maximum}`;
      return `must be a ${schema.type === "integer" ? "whole number" : "number"}${low}${high}`;
    }
  }
}

function readValue(schema: QueryParameter["schema"], text: string): QueryValue | undefined {
  switch (schema.type) {
    case "boolean":
      return Object.hasOwn(BOOLEANS, text.toLowerCase()) ? BOOLEANS[text.toLowerCase()] : undefined;
    case "string":
      if (schema.maxLength !== undefined && text.length > schema.maxLength) return undefined;
      if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(text)) return undefined;
      return text;
    default:
      return readNumber(schema, text);
  }
}

function readNumber(
  schema: { readonly type: "integer" | "number"; readonly minimum?: number; readonly maximum?: number },
  text: string,
): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  if (schema.type === "integer" && !Number.isSafeInteger(value)) return undefined;
  if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) return undefined;
  return value;
}
