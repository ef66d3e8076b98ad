import { isField, type Field, type Section } from "./field.ts";
import type { KeyPath } from "./raw.ts";

/** The schema's node for `path` (positions in lists included), or undefined where there is none. */
export function nodeAt(section: Section, path: KeyPath): Field | Section | undefined {
  let node: Field | Section | undefined = section;
  for (const key of path) node = node && childOf(node, key);
  return node;
}

function childOf(node: Field | Section, key: string): Field | Section | undefined {
  if (!isField(node)) return Object.hasOwn(node, key) ? node[key] : undefined;
  if (node.format === "controls") return { ...node, format: "text" };
  return /^\d+$/.test(key) ? (node.section ?? node.item) : undefined;
}

/** Every key of `section` with its field, in order; entries of lists stand as `N` (`cameras.N.width`). */
export function listKeys(section: Section, prefix: KeyPath = []): { readonly path: KeyPath; readonly field: Field }[] {
  return Object.entries(section).flatMap(([key, node]) => {
    const path = [...prefix, key];
    if (!isField(node)) return listKeys(node, path);
    return [{ path, field: node }, ...(node.section ? listKeys(node.section, [...path, "N"]) : [])];
  });
}

/** Whether something in `section` must not be shown. */
export function hasSecret(node: Field | Section | undefined): boolean {
  if (!node) return false;
  if (!isField(node)) return Object.values(node).some(hasSecret);
  return node.sensitive === true || hasSecret(node.section);
}
