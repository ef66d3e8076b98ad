import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, type ConfigProblem } from "../core/errors.ts";
import { parseYaml, YamlError, type YamlText } from "./parse-yaml.ts";

/** Looked for in this order where no file is named. */
export const defaultFiles = ["./sightline.yaml", "/etc/sightline/sightline.yaml"];

/** A configuration file that was found and read. */
export interface ConfigFile extends YamlText {
  readonly file: string;
}

/**
 * Reads the file that was asked for, else the first of {@link defaultFiles} that exists; undefined when there is none.
 * Throws ConfigError when a file is there but cannot be used, or was asked for and is not there.
 */
export function readConfigFile(wanted: string | undefined, cwd: string): ConfigFile | undefined {
  for (const name of wanted === undefined ? defaultFiles : [wanted]) {
    const file = resolve(cwd, name);
    const source = readText(file, wanted !== undefined);
    if (source !== undefined) return parse(file, source);
  }
  return undefined;
}

function readText(file: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!mustExist && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw problem(file, `cannot be read: ${reasons[code] ?? code}`);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is not a directory",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  EISDIR: "it is a directory",
  ELOOP: "its symbolic links lead in a circle",
};

function parse(file: string, source: string): ConfigFile {
  try {
    return { file, ...parseYaml(source) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const at = error.line === undefined ? "" : `line ${error.line}, column ${error.column}: `;
    throw problem(file, `${at}${error.message}`);
  }
}

function problem(file: string, allowed: string): ConfigError {
  const problems: ConfigProblem[] = [{ key: file, value: undefined, allowed }];
  return new ConfigError(problems);
}
