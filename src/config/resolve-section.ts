import convict from "convict";
import type { ConfigProblem } from "../core/errors.ts";
import { formats, invalid } from "./formats.ts";
import { isField, type Field, type Section, type Settings } from "./field.ts";
import { hasSecret } from "./key-lookup.ts";
import { nearestName } from "./nearest-name.ts";
import { formatKeyPath, isBlank, type KeyPath, type Raw, type RawMap } from "./raw.ts";

/** What reading a configuration brings to light beside the values. */
export interface Findings {
  readonly problems: ConfigProblem[];
  /** Every key that was given a value, with that value as it was understood; also secrets. */
  readonly given: Map<string, unknown>;
  /** Values that must never be shown. */
  readonly secrets: Set<string>;
  /** Where the setting at `path` was made. */
  originOf(path: KeyPath): string | undefined;
}

type Values = Record<string, unknown>;

/**
 * Reads `raw` by `section`: every value in its type, every absent key at its default or, without one, left out.
 * Whatever is wrong goes to `findings.problems`, all of it; the values then stand in for what is missing.
 */
export function resolveSection<S extends Section>(
  section: S,
  raw: Raw | undefined,
  path: KeyPath,
  findings: Findings,
): Settings<S> {
  const config = createConvict(section).load(readGroup(section, raw, path, findings));
  // Convict has the last word; where something is known to be wrong it has nothing to add.
  if (findings.problems.length === 0) config.validate({ allowed: "strict" });
  return withoutAbsent(config.getProperties()) as Settings<S>;
}

function readGroup(section: Section, raw: Raw | undefined, path: KeyPath, findings: Findings): Values {
  const values: Values = {};
  if (!isBlank(raw) && !(raw instanceof Map)) report(section, raw, path, "must be a group of keys", findings);
  const given: RawMap = raw instanceof Map ? raw : new Map();
  for (const key of given.keys()) {
    if (!Object.hasOwn(section, key)) reportUnknown(section, key, path, findings);
  }
  for (const [key, node] of Object.entries(section)) {
    const value = isField(node)
      ? readField(node, given.get(key), [...path, key], findings)
      : readGroup(node, given.get(key), [...path, key], findings);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

function readField(field: Field, raw: Raw | undefined, path: KeyPath, findings: Findings): unknown {
  if (isBlank(raw)) {
    if (field.required)
      report(field, undefined, path, `is missing; it must be ${formats[field.format].describe(field)}`, findings);
    return undefined;
  }
  const value = formats[field.format].read(raw, field);
  if (value === invalid) {
    report(field, raw, path, `must be ${formats[field.format].describe(field)}`, findings);
    return undefined;
  }
  if (field.section && Array.isArray(raw)) return readEntries(field.section, raw, path, findings);
  findings.given.set(formatKeyPath(path), value);
  if (field.sensitive) for (const secret of secretParts(String(value))) findings.secrets.add(secret);
  return value;
}

function readEntries(section: Section, raw: readonly Raw[], path: KeyPath, findings: Findings): unknown[] {
  findings.given.set(formatKeyPath(path), raw);
  return raw.map((entry, index) => resolveSection(section, entry, [...path, String(index)], findings));
}

function report(node: Field | Section, raw: Raw | undefined, path: KeyPath, allowed: string, findings: Findings): void {
  const origin = findings.originOf(path);
  const value = raw === undefined ? undefined : hasSecret(node) ? "(hidden)" : toShown(raw);
  findings.problems.push({
    key: formatKeyPath(path) || "(file)",
    value,
    allowed: origin ? `${allowed} (${origin})` : allowed,
  });
}

function reportUnknown(section: Section, key: string, path: KeyPath, findings: Findings): void {
  const near = nearestName(key, Object.keys(section));
  const hint = near === undefined ? `; known here: ${Object.keys(section).join(", ")}` : `; did you mean ${near}?`;
  // The value is not shown: it may belong to a misspelt password.
  report({}, undefined, [...path, key], `is not a known key${hint}`, findings);
}

/** The secret itself and, where it is a URL, the password in it as it is written and as it is meant. */
function secretParts(value: string): string[] {
  if (!URL.canParse(value) || !value.includes("://")) return [value];
  const { password } = new URL(value);
  return password === "" ? [] : [value, password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Text as it is; of groups and lists only what they are, since anything may be in them, and nothing of a pasted key. */
function toShown(raw: Raw): unknown {
  if (raw instanceof Map) return "(a group of keys)";
  if (Array.isArray(raw)) return "(a list)";
  if (raw?.includes("-----BEGIN")) return "(PEM)";
  const shown = raw?.replace(/\/\/[^/@\s]*@/g, "//(hidden)@") ?? null;
  return shown && shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

/** Convict with the section's defaults; environment and arguments are ours to read, it would guess their types. */
function createConvict(section: Section): convict.Config<Values> {
  return convict<Values>(section, { env: {}, args: [] });
}

function withoutAbsent(values: object): Values {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    kept.map(([key, value]: [string, unknown]) => [key, isGroup(value) ? withoutAbsent(value) : value]),
  );
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

convict.addFormats(
  Object.fromEntries(
    Object.entries(formats).map(([name, format]) => [
      name,
      {
        validate(value: unknown, field: unknown): void {
          if (format.read(value, field as Field) === invalid)
            throw new Error(`must be ${format.describe(field as Field)}`);
        },
      },
    ]),
  ),
);
