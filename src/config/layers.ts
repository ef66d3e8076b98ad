import { isField, type Section } from "./field.ts";
import type { ConfigProblem } from "../core/errors.ts";
import type { ConfigFile } from "./config-file.ts";
import { nodeAt } from "./key-lookup.ts";
import { parseYaml, YamlError } from "./parse-yaml.ts";
import { assignRaw, formatKeyPath, rawAt, type KeyPath, type Raw } from "./raw.ts";

/** One source of settings, to be laid over the ones before. */
interface Layer {
  readonly path: KeyPath;
  readonly value: Raw;
  /** Where the setting at `path` was made, for people. */
  origin(path: KeyPath): string;
}

/** Settings from file, environment and command line laid over each other, each remembering where it came from. */
export class Layers {
  readonly #section: Section;
  readonly #layers: Layer[] = [];
  /** Settings that could not even be put in their place. */
  readonly problems: ConfigProblem[] = [];
  #root: Raw = new Map();

  constructor(section: Section) {
    this.#section = section;
  }

  /** All settings so far. */
  get root(): Raw {
    return this.#root;
  }

  addFile(file: ConfigFile): void {
    this.#root = file.value ?? new Map();
    this.#layers.push({
      path: [],
      value: this.#root,
      origin: (path) => `${file.file}, line ${file.lineOf(path)}`,
    });
  }

  /** Lays the text of a variable or flag over what is there; groups and lists are written in YAML or JSON. */
  addText(path: KeyPath, text: string, origin: string): void {
    const value = this.#parse(path, text, origin);
    if (value !== undefined) this.add(path, value, origin);
  }

  add(path: KeyPath, value: Raw, origin: string): void {
    const root = assignRaw(this.#root, path, value);
    if (root === undefined) {
      const allowed = `cannot be set: there is nothing at ${formatKeyPath(path.slice(0, -1))} to set it in (${origin})`;
      this.problems.push({ key: formatKeyPath(path), value: undefined, allowed });
      return;
    }
    this.#root = root;
    this.#layers.push({ path, value, origin: () => origin });
  }

  /** Where the setting at `path` was made last; undefined when nobody made it. */
  originOf(path: KeyPath): string | undefined {
    const sets = this.#layers.findLast(
      ({ path: at, value }) => isWithin(path, at) && rawAt(value, path.slice(at.length)) !== undefined,
    );
    // A setting further in has made what stands at `path`.
    const layer = sets ?? this.#layers.findLast(({ path: at }) => isWithin(at, path));
    return layer?.origin(path);
  }

  #parse(path: KeyPath, text: string, origin: string): Raw | undefined {
    const node = nodeAt(this.#section, path);
    if (!node || text === "" || (isField(node) && !writtenInYaml.has(node.format))) return text;
    try {
      return parseYaml(text).value;
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      this.problems.push({
        key: formatKeyPath(path),
        value: undefined,
        allowed: `is not YAML or JSON: ${error.message} (${origin})`,
      });
      return undefined;
    }
  }
}

const writtenInYaml: ReadonlySet<string> = new Set(["list", "points", "controls", "sections"]);

function isWithin(path: KeyPath, outer: KeyPath): boolean {
  return outer.length <= path.length && outer.every((key, index) => key === path[index]);
}
