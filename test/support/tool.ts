import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where the program `name` is, undefined when it is not installed. */
export function findTool(name: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter((place) => place !== "");
  return places.map((place) => join(place, name)).find(isExecutable);
}

/**
 * Options for a test that needs these programs: a named skip where one is missing, unless `CI` is set: then the test
 * runs, and fails for the lack of it.
 */
export function needing(...names: readonly string[]): { readonly skip: string | false } {
  const missing = names.filter((name) => findTool(name) === undefined);
  return { skip: missing.length > 0 && !process.env["CI"] ? `needs ${missing.join(", ")}` : false };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
