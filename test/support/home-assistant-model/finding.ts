import type { JsonObject } from "./json.ts";
import type { Check } from "./value-checks.ts";

/** Something in a device message that Home Assistant dislikes, and how much of the message that costs. */
export interface Finding {
  /** Keys from the top, written out and joined by dots. */
  readonly path: string;
  readonly reason: string;
  readonly drops: "message" | "component" | "nothing";
}

export function printFinding({ path, reason }: Finding): string {
  return `${path}: ${reason}`;
}

/** Checks each value by the rule of its key; a key without a rule is a finding of weight `unknown`. */
export function checkValues(
  object: JsonObject,
  rules: ReadonlyMap<string, Check>,
  at: { readonly prefix: string; readonly drops: Finding["drops"]; readonly unknown: Finding["drops"] },
): Finding[] {
  return Object.entries(object).flatMap(([key, value]): Finding[] => {
    const rule = rules.get(key);
    const path = `${at.prefix}${key}`;
    if (rule === undefined) return [{ path, reason: "unknown key", drops: at.unknown }];
    const reason = rule(value);
    return reason === undefined ? [] : [{ path, reason, drops: at.drops }];
  });
}

/** One finding for each key that is not there. */
export function checkRequired(
  object: JsonObject,
  keys: readonly string[],
  at: { readonly prefix: string; readonly drops: Finding["drops"] },
): Finding[] {
  const missing = keys.filter((key) => !Object.hasOwn(object, key));
  return missing.map((key) => ({ path: `${at.prefix}${key}`, reason: "required", drops: at.drops }));
}
