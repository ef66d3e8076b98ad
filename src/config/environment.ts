import type { ConfigProblem } from "../core/errors.ts";
import { isField, type Field, type Section } from "./field.ts";
import { listKeys } from "./key-lookup.ts";
import { nearestName } from "./nearest-name.ts";
import { formatKeyPath, type KeyPath } from "./raw.ts";

const prefix = "SIGHTLINE_";
/** Names the configuration file; it is not a key. */
export const fileVariable = `${prefix}CONFIG`;

/** The variable of a key: `["mqtt", "baseTopic"]` is `SIGHTLINE_MQTT_BASE_TOPIC`. */
export function environmentName(path: KeyPath): string {
  return prefix + path.map(toSnake).join("_");
}

/** The key of a variable, or undefined when it names none. The inverse of {@link environmentName}. */
export function keyOfEnvironmentName(section: Section, name: string): KeyPath | undefined {
  return name.startsWith(prefix) ? resolve(section, name.slice(prefix.length)) : undefined;
}

function toSnake(key: string): string {
  return key.replace(/(?<=[a-z0-9])[A-Z]/g, "_$&").toUpperCase();
}

function resolve(node: Field | Section, rest: string): KeyPath | undefined {
  if (!isField(node)) return resolveKey(node, rest);
  // A control's name is in lower case already: nothing is lost.
  if (node.format === "controls") return /^[A-Z0-9_]+$/.test(rest) ? [rest.toLowerCase()] : undefined;
  const [, position, tail] = /^(\d+)(?:_(.+))?$/.exec(rest) ?? [];
  const entry = node.section ?? node.item;
  if (position === undefined || !entry) return undefined;
  if (tail === undefined) return [position];
  const path = resolve(entry, tail);
  return path && [position, ...path];
}

function resolveKey(section: Section, rest: string): KeyPath | undefined {
  for (const [key, node] of Object.entries(section)) {
    const name = toSnake(key);
    if (rest === name) return [key];
    const path = rest.startsWith(`${name}_`) ? resolve(node, rest.slice(name.length + 1)) : undefined;
    if (path) return [key, ...path];
  }
  return undefined;
}

/** One variable that sets a key. */
export interface EnvironmentSetting {
  readonly name: string;
  readonly path: KeyPath;
  readonly value: string;
}

/**
 * The `SIGHTLINE_*` variables of `env` as settings, whole sections before the keys in them and entries of lists in order.
 * An empty variable counts as unset, as compose files leave them. Unknown names become problems.
 */
export function readEnvironment(
  section: Section,
  env: NodeJS.ProcessEnv,
): { readonly settings: readonly EnvironmentSetting[]; readonly problems: readonly ConfigProblem[] } {
  const settings: EnvironmentSetting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || name === fileVariable || !value) continue;
    const path = keyOfEnvironmentName(section, name);
    if (path) settings.push({ name, path, value });
    else problems.push({ key: name, value: undefined, allowed: `is not a known variable${hint(section, name)}` });
  }
  return { settings: settings.sort(byDepth), problems };
}

function byDepth(a: EnvironmentSetting, b: EnvironmentSetting): number {
  const depth = a.path.length - b.path.length;
  return depth === 0 ? formatKeyPath(a.path).localeCompare(formatKeyPath(b.path), "en", { numeric: true }) : depth;
}

function hint(section: Section, name: string): string {
  const positions = name.match(/(?<=_)\d+(?=_|$)/g) ?? [];
  const names = listKeys(section).map(({ path }) => {
    let next = 0;
    return environmentName(path.map((key) => (key === "N" ? (positions[next++] ?? "0") : key)));
  });
  const near = nearestName(
    name.slice(prefix.length),
    [fileVariable, ...names].map((full) => full.slice(prefix.length)),
  );
  return near === undefined ? "" : `; did you mean ${prefix}${near}?`;
}
