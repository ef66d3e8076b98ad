import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import type { KeyPath, Raw } from "./raw.ts";

/** What is wrong with a YAML text and where, in plain words that quote nothing of it: it may hold secrets. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  /** From 1; undefined where it concerns the whole text. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, at?: { readonly line: number; readonly col: number }) {
    super(message);
    this.line = at?.line;
    this.column = at?.col;
  }
}

/** A parsed YAML text. */
export interface YamlText {
  readonly value: Raw;
  /** The line, from 1, on which the value at `path` or the nearest thing around it begins. */
  lineOf(path: KeyPath): number;
}

const maxLength = 1_000_000;
const maxDepth = 32;

/** What the parser's error codes mean to the author of a file. */
const meanings: Readonly<Partial<Record<Yaml.ErrorCode, string>>> = {
  BAD_ALIAS: "the name after * or & is not usable; a value that starts with * or & must be quoted",
  BAD_COLLECTION_TYPE: "a tag does not fit what follows it",
  BAD_DIRECTIVE: "a line that starts with % is a directive, and this one is unknown",
  BAD_DQ_ESCAPE: "a backslash in double quotes starts an escape, and this one is unknown; use single quotes",
  BAD_INDENT: "the indentation does not fit the lines above, or something is not closed",
  BAD_SCALAR_START: "a value that starts with this character must be quoted",
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line; a value that contains ": " must be quoted',
  BLOCK_IN_FLOW: "an indented block cannot stand inside [ ] or { }",
  DUPLICATE_KEY: "this key was given before in the same section",
  MISSING_CHAR: 'something is missing here: a closing quote, a bracket, a comma or ":"',
  MULTILINE_IMPLICIT_KEY: 'a line without "key: value"; text that goes on over several lines must be quoted',
  MULTIPLE_DOCS: 'the file has more than one document; remove the "---" in the middle',
  NON_STRING_KEY: "a key must be a plain word",
  TAB_AS_INDENT: "indent with spaces, not with tabs",
  TAG_RESOLVE_FAILED: "tags (!name) are not supported; a value that starts with ! must be quoted",
  UNEXPECTED_TOKEN: "this does not belong here; a value with special characters must be quoted",
};

/**
 * Parses one YAML 1.2 document, JSON included, without guessing types: every scalar is text, `~` and `null` are null.
 * Anchors and `<<` work. Throws {@link YamlError}; text that would exhaust the parser is refused first.
 */
export function parseYaml(text: string): YamlText {
  refuseExcess(text);
  // Only who configures something in YAML pays for the parser.
  const yaml = createRequire(import.meta.url)("yaml") as typeof Yaml;
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    schema: "failsafe",
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "error",
    lineCounter: lines,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    throw new YamlError(meanings[problem.code] ?? "this is not YAML", lines.linePos(problem.pos[0]));
  }
  unquotedNulls(yaml, document);
  const value = toRaw(plain(document), 0);
  return {
    value,
    lineOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const start = startOf(yaml, document, path.slice(0, length));
        if (start !== undefined) return lines.linePos(start).line;
      }
      return 1;
    },
  };
}

/** Nesting that no configuration has would end the process inside the parser (regular expressions out of stack). */
function refuseExcess(text: string): void {
  if (text.length > maxLength) throw new YamlError(`longer than ${maxLength} characters`);
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > 10 * maxDepth) throw new YamlError("nested too deeply");
  }
  if (/^\s*(?:[-?:][ \t]+){32}/m.test(text) || /^ {1000}/m.test(text)) throw new YamlError("nested too deeply");
}

function unquotedNulls(yaml: typeof Yaml, document: Yaml.Document): void {
  yaml.visit(document, {
    Scalar(_key, node) {
      if (node.type === "PLAIN" && /^(?:~|null|Null|NULL)$/.test(node.source ?? "")) node.value = null;
    },
  });
}

function plain(document: Yaml.Document): unknown {
  try {
    return document.toJS({ mapAsMap: true });
  } catch {
    throw new YamlError(
      "an alias (*name) without its anchor (&name) before it; a value that starts with * must be quoted",
    );
  }
}

function toRaw(value: unknown, depth: number): Raw {
  if (depth > maxDepth) throw new YamlError("nested too deeply");
  if (Array.isArray(value)) return value.map((entry) => toRaw(entry, depth + 1));
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [String(key), toRaw(entry, depth + 1)]));
  return typeof value === "string" ? value : null;
}

function startOf(yaml: typeof Yaml, document: Yaml.Document, path: KeyPath): number | undefined {
  const key = path.at(-1);
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (yaml.isMap(parent)) {
    const pair = parent.items.find((item) => yaml.isScalar(item.key) && item.key.value === key);
    return pair && yaml.isScalar(pair.key) ? pair.key.range?.[0] : undefined;
  }
  const entry = yaml.isSeq(parent) ? parent.items[Number(key)] : undefined;
  return yaml.isNode(entry) ? entry.range?.[0] : undefined;
}
