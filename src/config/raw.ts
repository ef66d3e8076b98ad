/**
 * A configuration value before the schema has read it. Every scalar is text, quoted or not, so that `0123` and `off` are
 * what was written; groups are Maps, so that no key can be mistaken for a property of objects.
 */
export type Raw = string | null | Raw[] | RawMap;
export type RawMap = Map<string, Raw>;

/** Where a value is: keys and, in lists, positions. */
export type KeyPath = readonly string[];

/** `["cameras", "0", "width"]` as `cameras.0.width`. */
export function formatKeyPath(path: KeyPath): string {
  return path.join(".");
}

/** What stands at `path`, or undefined. */
export function rawAt(root: Raw | undefined, path: KeyPath): Raw | undefined {
  let node = root;
  for (const key of path) {
    if (node instanceof Map) node = node.get(key);
    else if (Array.isArray(node) && /^\d+$/.test(key)) node = node[Number(key)];
    else return undefined;
  }
  return node;
}

/** A copy that shares nothing with `raw`. */
export function cloneRaw(raw: Raw): Raw {
  if (raw instanceof Map) return new Map([...raw].map(([key, value]) => [key, cloneRaw(value)]));
  return Array.isArray(raw) ? raw.map(cloneRaw) : raw;
}

/** `over` laid on `under`: groups are merged key by key, everything else is replaced. */
export function mergeRaw(under: Raw | undefined, over: Raw): Raw {
  if (!(under instanceof Map) || !(over instanceof Map)) return cloneRaw(over);
  const merged = new Map(under);
  for (const [key, value] of over) merged.set(key, mergeRaw(under.get(key), value));
  return merged;
}

/**
 * `root` with `value` merged in at `path`; groups on the way are made, and a list may grow by one entry.
 * Undefined when the path leads through a scalar or beyond the end of a list.
 */
export function assignRaw(root: Raw | undefined, path: KeyPath, value: Raw): Raw | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return mergeRaw(root, value);
  if (Array.isArray(root) || (isPosition(key) && isBlank(root)))
    return assignEntry(Array.isArray(root) ? root : [], key, rest, value);
  const group = isBlank(root) ? new Map<string, Raw>() : root;
  if (!(group instanceof Map)) return undefined;
  const child = assignRaw(group.get(key), rest, value);
  return child === undefined ? undefined : new Map(group).set(key, child);
}

function assignEntry(entries: readonly Raw[], key: string, rest: KeyPath, value: Raw): Raw | undefined {
  if (!isPosition(key) || Number(key) > entries.length) return undefined;
  const child = assignRaw(entries[Number(key)], rest, value);
  return child === undefined ? undefined : [...entries.slice(0, Number(key)), child, ...entries.slice(Number(key) + 1)];
}

function isPosition(key: string): boolean {
  return /^(0|[1-9]\d{0,3})$/.test(key);
}

/** True for what was left empty on purpose (`cert:`, `cert: ""`, `cert: ~`): it counts as absent. */
export function isBlank(raw: Raw | undefined): raw is null | undefined | "" {
  return raw === undefined || raw === null || raw === "";
}
