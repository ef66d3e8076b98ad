import { type Json, isJsonObject, parseJson } from "./json.ts";

const path = String.raw`value_json(?<path>(?:\.[A-Za-z_]\w*|\['[^'\\]+'\])+)`;
const plain = new RegExp(String.raw`^\{\{ *${path} *\}\}$`);
const choice = new RegExp(String.raw`^\{\{ *'(?<yes>[^'\\]*)' if ${path} else '(?<no>[^'\\]*)' *\}\}$`);

/** What Jinja finds before the key of the same name when it stands after a dot. */
const dictMethods = "clear copy fromkeys get items keys pop popitem setdefault update values".split(" ");

/**
 * Renders one of the few shapes of template that Sightline sends: `{{ value_json.a.b }}`, `{{ value_json['a']['b'] }}`,
 * `{{ 'ON' if value_json.a else 'OFF' }}`. Throws an Error, in words for a log, for any other shape and where HA would
 * log an error or a warning: no JSON, a key that is not there.
 */
export function renderTemplate(template: string, payload: string): string {
  const groups = plain.exec(template)?.groups ?? choice.exec(template)?.groups;
  if (groups === undefined) throw new Error(`template ${template} is of a shape that is not modelled`);
  const value = lookUp(groups["path"] ?? "", parseJson(payload));
  return groups["yes"] === undefined ? printPython(value) : ((isTruthy(value) ? groups["yes"] : groups["no"]) ?? "");
}

function lookUp(steps: string, json: Json | undefined): Json {
  if (json === undefined) throw new Error("the payload is not JSON: value_json is undefined");
  let value: Json = json;
  for (const [step] of steps.matchAll(/\.\w+|\['[^']+'\]/g)) {
    const key = step.startsWith(".") ? step.slice(1) : step.slice(2, -2);
    if (step.startsWith(".") && dictMethods.includes(key)) throw new Error(`${step} is a method of dict, not a key`);
    const next = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (next === undefined) throw new Error(`value_json${steps} is undefined`);
    value = next;
  }
  return value;
}

function printPython(value: Json): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "object") throw new Error("printing a list or an object is not modelled");
  return String(value).trim();
}

function isTruthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}
