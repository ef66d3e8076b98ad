import { HttpProblem } from "../../protocol/http/problem.ts";

/** How one member of a body is read: its value, or undefined where it is not allowed. */
export interface MemberRule<T> {
  readonly read: (value: unknown) => T | undefined;
  /** What it must be, to stand after "must be". */
  readonly must: string;
  readonly required?: true;
}

/** The members of a body by their rules. */
export type Members<R extends Readonly<Record<string, MemberRule<unknown>>>> = {
  readonly [K in keyof R]: R[K] extends { readonly required: true } & MemberRule<infer T>
    ? T
    : R[K] extends MemberRule<infer T>
      ? T | undefined
      : never;
};

/**
 * Reads a JSON body that is an object of these members and no others. Throws HttpProblem 400 that names every mistake by its
 * key, but no value: it may be a password.
 */
export function readMembers<R extends Readonly<Record<string, MemberRule<unknown>>>>(
  body: unknown,
  rules: R,
): Members<R> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpProblem(400, `the body must be an object with ${Object.keys(rules).join(", ")}`);
  }
  const given = new Map<string, unknown>(Object.entries(body));
  const problems: { readonly key: string; readonly allowed: string }[] = [];
  for (const key of given.keys()) {
    if (!Object.hasOwn(rules, key)) problems.push({ key: key.slice(0, 100), allowed: "is not known here" });
  }
  const values: Record<string, unknown> = {};
  for (const [key, { read, must, required }] of Object.entries(rules)) {
    const isGiven = given.has(key) && given.get(key) !== undefined;
    const value = isGiven ? read(given.get(key)) : undefined;
    if (isGiven ? value === undefined : required) problems.push({ key, allowed: `must be ${must}` });
    values[key] = value;
  }
  if (problems.length > 0) {
    const detail = problems.map(({ key, allowed }) => `${key} ${allowed}`).join("; ");
    throw new HttpProblem(400, detail, { members: { problems } });
  }
  return values as Members<R>;
}

/** Text of 1 to `maxLength` characters. */
export function textRule(maxLength: number): MemberRule<string> {
  return {
    read: (value) => (typeof value === "string" && value !== "" && value.length <= maxLength ? value : undefined),
    must: `text of 1 to ${maxLength} characters`,
  };
}

/** The same on one line: without control characters. */
export function lineRule(maxLength: number): MemberRule<string> {
  const { read, must } = textRule(maxLength);
  return {
    // oxlint-disable-next-line no-control-regex
    read: (value) => (/[\u0000-\u001f\u007f]/.test(String(value)) ? undefined : read(value)),
    must: `${must} on one line`,
  };
}

/** A whole number from `min` to `max`. */
export function wholeRule(min: number, max: number): MemberRule<number> {
  return {
    read: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
    must: `a whole number from ${min} to ${max}`,
  };
}

/** A list of at most 100 values that `accepts` takes, none of them twice. */
export function listRule<T>(accepts: (value: unknown) => value is T, must: string): MemberRule<readonly T[]> {
  return {
    read: (value) =>
      Array.isArray(value) && value.length <= 100 && value.every(accepts) && new Set(value).size === value.length
        ? value
        : undefined,
    must,
  };
}

/** The same, and it must be there. */
export function required<T>(rule: MemberRule<T>): MemberRule<T> & { readonly required: true } {
  return { ...rule, required: true };
}
