import { environmentName } from "./environment.ts";
import { formats } from "./formats.ts";
import { isField, type Field, type Section } from "./field.ts";
import { formatKeyPath, type KeyPath } from "./raw.ts";
import { sectionTitles } from "./section-titles.ts";

const banner = "Generated from the schema by `npm run docs`; changes belong in `src/config/`.";

/** The reference page: one table per section with key, what is allowed, default, variable and meaning. Markdown. */
export function describeReference(schema: Section): string {
  return [
    "# Configuration reference",
    `<!-- ${banner} -->`,
    "How the file, variables and flags work together: [the guide](../guides/configuration.md).",
    ...describeTables(schema, []),
    "",
  ].join("\n\n");
}

function describeTables(section: Section, path: KeyPath): string[] {
  const entries = Object.entries(section);
  const rows = entries.flatMap(([key, node]) => (isField(node) ? [describeRow(node, [...path, key])] : []));
  const head = "| Key | Must be | Default | Variable | Meaning |\n|---|---|---|---|---|";
  const table = rows.length === 0 ? [] : [`${head}\n${rows.join("\n")}`];
  const heading = `## ${path.length === 0 ? "Top level" : `\`${formatKeyPath(path)}\``}`;
  const inner = entries.flatMap(([key, node]) => {
    const at = [...path, key];
    if (!isField(node)) return describeTables(node, at);
    return node.section ? describeTables(node.section, [...at, "N"]) : [];
  });
  return [heading, ...titleOf(path), ...table, ...inner];
}

function titleOf(path: KeyPath): string[] {
  const title = sectionTitles[formatKeyPath(path)];
  return title === undefined ? [] : [title];
}

function describeRow(field: Field, path: KeyPath): string {
  const name = path.at(-1) ?? "";
  const cells = [
    `\`${name}\``,
    describeAllowed(field),
    describeDefault(field),
    `\`${environmentName(path)}\``,
    field.doc,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function describeAllowed(field: Field): string {
  return `${formats[field.format].describe(field)}${field.sensitive ? " (secret)" : ""}`;
}

function describeDefault(field: Field): string {
  if (field.required) return "must be given";
  return field.default === undefined ? "absent" : `\`${formatValue(field.default)}\``;
}

/** The example file: every key as a comment with its meaning, right when uncommented. YAML. */
export function describeExample(schema: Section): string {
  return [
    `## ${banner}`,
    "## Every key there is, at its default or with an example. Take one # off the lines you need and off the lines of the",
    "## sections they stand in.",
    ...Object.entries(schema).flatMap(([key, node]) => ["", ...describeGroup({ [key]: node }, [])]),
    "",
  ].join("\n");
}

function describeGroup(section: Section, path: KeyPath): string[] {
  return Object.entries(section).flatMap(([key, node]) => {
    const at = [...path, key];
    if (!isField(node))
      return [...comment(sectionTitles[formatKeyPath(at)], at), line(at, `${key}:`), ...describeGroup(node, at)];
    const values = node.section
      ? [line(at, `${key}:`), ...describeEntry(node.section, [...at, "N"])]
      : [line(at, `${node.alternative ? "# " : ""}${key}: ${node.example ?? formatValue(node.default)}`)];
    return [...comment(node.doc, at), ...values];
  });
}

/** One entry of a list: the first line carries the dash. */
function describeEntry(section: Section, path: KeyPath): string[] {
  const dash = `#${indent(path.slice(0, -1))}  -`;
  return [dash, ...describeGroup(section, path)];
}

function comment(text: string | undefined, path: KeyPath): string[] {
  return text === undefined ? [] : [`#${indent(path)}# ${text}`];
}

function line(path: KeyPath, text: string): string {
  return `#${indent(path)}${text}`;
}

function indent(path: KeyPath): string {
  return "  ".repeat(path.length - 1);
}

/** YAML, in the flow style where it is not a scalar. */
function formatValue(value: unknown): string {
  if (typeof value === "string") return /^[\w./-]+$/.test(value) ? value : JSON.stringify(value);
  if (value === undefined || value === null) return "";
  return JSON.stringify(value);
}
