import type { ConfigProblem } from "../../core/errors.ts";
import type { ControlValue } from "../../hub/camera-controls.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";

/** More controls than any camera has. */
const MAX_CONTROLS = 500;

/**
 * The body of a PATCH: an object of control values by name. Throws HttpProblem 400 (not such an object at all) or 422
 * (values of a wrong JSON type), the latter with every mistake.
 */
export function readControlValues(body: unknown): Readonly<Record<string, ControlValue>> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpProblem(400, 'the body must be an object of values by control name, such as {"brightness": 140}');
  }
  const entries = Object.entries(body) as [string, unknown][];
  if (entries.length === 0 || entries.length > MAX_CONTROLS) {
    throw new HttpProblem(400, `the body must name 1 to ${MAX_CONTROLS} controls`);
  }
  const wrong = entries.filter(([, value]) => !isControlValue(value));
  if (wrong.length > 0) {
    throw invalidControls(
      wrong.map(([key, value]) => ({ key, value, allowed: "must be a number, a boolean or a text" })),
    );
  }
  // A control may be called like a member of Object.prototype: own, null-prototype entries only.
  return Object.assign(Object.create(null) as Record<string, ControlValue>, Object.fromEntries(entries));
}

/** 422 that lists every mistake by the control's name. */
export function invalidControls(problems: readonly ConfigProblem[]): HttpProblem {
  const named = problems.map(({ key, value, allowed }) => ({ key: key.replace(/^controls\./, ""), value, allowed }));
  const detail = named.map(({ key, allowed }) => `${key} ${allowed}`).join("; ");
  return new HttpProblem(422, `nothing was set: ${detail}`, { members: { problems: named } });
}

function isControlValue(value: unknown): value is ControlValue {
  return typeof value === "boolean" || typeof value === "string" || (typeof value === "number" && isFinite(value));
}
