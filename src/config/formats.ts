import type { Field, FormatName } from "./field.ts";

/** Answer of a reader for a value that is not allowed. */
export const invalid: unique symbol = Symbol("invalid");

interface Format {
  /** The typed value, or `invalid`. Reading a value that was read before gives the same value again. */
  read(raw: unknown, field: Field): unknown;
  /** What is allowed, to stand after "must be". */
  describe(field: Field): string;
}

/** A value that came in quotes which the shell or an env file did not take off is meant without them. */
function unquoted(raw: unknown): string | undefined {
  if (typeof raw === "number" || typeof raw === "boolean") return String(raw);
  if (typeof raw !== "string") return undefined;
  const match = /^(["'])(.*)\1$/s.exec(raw.trim());
  return (match?.[2] ?? raw).trim();
}

function toNumber(source: string | undefined): number {
  if (source === undefined) return Number.NaN;
  return /^([-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|0x[0-9a-f]+)$/i.test(source) ? Number(source) : Number.NaN;
}

function inRange(value: number, { min = -Infinity, max = Infinity }: Field): number | typeof invalid {
  return value >= min && value <= max ? value : invalid;
}

function range({ min, max, unit }: Field): string {
  return `from ${min} to ${max}${unit ? ` ${unit}` : ""}`;
}

const flagWords: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

function readFlag(raw: unknown): boolean | typeof invalid {
  const word = unquoted(raw)?.toLowerCase() ?? "";
  return Object.hasOwn(flagWords, word) ? (flagWords[word] ?? invalid) : invalid;
}

function readChoice(raw: unknown, { choices = [], aliases = {} }: Field): string | number | typeof invalid {
  const word = unquoted(raw)?.toLowerCase();
  if (word === undefined) return invalid;
  const meant = Object.hasOwn(aliases, word) ? aliases[word] : word;
  const found = choices.find((choice) => String(choice).toLowerCase() === meant);
  // Whoever writes JSON or YAML 1.1 may say `false` where "off" is meant.
  return found ?? (word === "false" && choices.includes("off") ? "off" : invalid);
}

const sizeUnits: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

function readSize(raw: unknown, field: Field): number | typeof invalid {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(unquoted(raw) ?? "");
  if (!match) return invalid;
  const [, digits, unit = "", binary] = match;
  const value = Math.round(Number(digits) * (binary ? 1024 : 1000) ** (sizeUnits[unit.toLowerCase()] ?? 0));
  return Number.isSafeInteger(value) ? inRange(value, field) : invalid;
}

function readText(raw: unknown, { accepts }: Field): string | typeof invalid {
  const value = typeof raw === "number" || typeof raw === "boolean" ? String(raw) : raw;
  // Line ends and other control characters have no place in a name, a path, a URL or a password.
  // oxlint-disable-next-line no-control-regex
  if (typeof value !== "string" || value === "" || /[\u0000-\u001f\u007f]/.test(value)) return invalid;
  return accepts?.(value) === false ? invalid : value;
}

function readList(raw: unknown, { item }: Field): unknown {
  if (!Array.isArray(raw) || !item) return invalid;
  const values = raw.map((value: unknown) => formats[item.format].read(value, item));
  return values.includes(invalid) ? invalid : values;
}

function readPoint(raw: unknown): readonly number[] | typeof invalid {
  if (!Array.isArray(raw) || raw.length !== 2) return invalid;
  const point = raw.map((value: unknown) => toNumber(unquoted(value)));
  return point.every((value) => value >= 0 && value <= 1) ? point : invalid;
}

function readPoints(raw: unknown): unknown {
  if (!Array.isArray(raw) || raw.length < 3) return invalid;
  const points = raw.map(readPoint);
  return points.includes(invalid) ? invalid : points;
}

/** Control names are as `sightline controls` prints them; values take the type that they look like. */
function readControls(raw: unknown): unknown {
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return invalid;
  const entries = raw instanceof Map ? [...raw] : Object.entries(raw);
  const read = entries.map(([name, value]: [unknown, unknown]) => [name, readControl(value)] as const);
  const right = read.every(([name, value]) => /^[a-z0-9][a-z0-9_]*$/.test(String(name)) && value !== invalid);
  return right ? Object.fromEntries(read.map(([name, value]) => [String(name), value])) : invalid;
}

function readControl(raw: unknown): number | boolean | string | typeof invalid {
  if (typeof raw === "number" || typeof raw === "boolean") return raw;
  if (typeof raw !== "string") return invalid;
  if (/^(true|yes|on)$/i.test(raw)) return true;
  if (/^(false|no|off)$/i.test(raw)) return false;
  const number = toNumber(raw);
  // Beyond 2^53 a number would lose its last digits: it stays text.
  return Number.isNaN(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER ? raw : number;
}

/** All formats by name; `registerFormats` makes them convict's. */
export const formats: Readonly<Record<FormatName, Format>> = {
  text: { read: readText, describe: ({ must }) => must ?? "text on one line, not empty" },
  whole: {
    read(raw, field) {
      const value = toNumber(unquoted(raw));
      return Number.isSafeInteger(value) ? inRange(value, field) : invalid;
    },
    describe: (field) => `a whole number ${range(field)}`,
  },
  decimal: {
    read: (raw, field) => inRange(toNumber(unquoted(raw)), field),
    describe: (field) => `a number ${range(field)}`,
  },
  size: {
    read: readSize,
    describe: (field) => `a whole number ${range(field)}, also written as 500k, 10M, 1.5G or 2Gi`,
  },
  flag: { read: readFlag, describe: () => "true or false" },
  choice: { read: readChoice, describe: ({ choices = [] }) => `one of ${choices.join(", ")}` },
  list: {
    read: readList,
    describe: ({ item }) => `a list, e.g. [one, two]${item ? `, each ${formats[item.format].describe(item)}` : ""}`,
  },
  points: {
    read: readPoints,
    describe: () => "a list of at least three points [x, y], each number from 0 to 1",
  },
  controls: {
    read: readControls,
    describe: () => "control names (lower case, digits and _) with a number, true, false or text each",
  },
  sections: {
    read: (raw) => (Array.isArray(raw) ? raw : invalid),
    describe: () => "a list, each entry with its own keys",
  },
};
