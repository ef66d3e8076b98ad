import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../../src/core/errors.ts";
import { loadConfig, type ConfigSources, type LoadedConfig } from "../../../src/config/load.ts";

/** A directory of its own for the time of `use`, with `./sightline.yaml` in it when `yaml` is given. */
export function inDirectory<T>(yaml: string | undefined, use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "sightline-config-"));
  try {
    if (yaml !== undefined) writeFileSync(join(directory, "sightline.yaml"), yaml);
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Loads `yaml` as `./sightline.yaml`, with no environment unless given. */
export function loadYaml(yaml: string | undefined, sources: ConfigSources = {}): LoadedConfig {
  return inDirectory(yaml, (cwd) => loadConfig({ env: {}, cwd, ...sources }));
}

/** The mistakes of `yaml`, one a line, the file's directory taken out. */
export function mistakesOf(yaml: string | undefined, sources: ConfigSources = {}): string[] {
  return inDirectory(yaml, (cwd) => {
    try {
      loadConfig({ env: {}, cwd, ...sources });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message.replaceAll(`${cwd}/`, "").split("\n");
    }
    return [];
  });
}
