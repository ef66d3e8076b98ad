import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runTool } from "./run-tool.ts";

/** A program or library in C that tests compile for themselves. */
export interface NativeBuild {
  /** File name of the result, for example `fake-camera.so`. */
  readonly name: string;
  /** Paths from the repository's root; the headers beside them count as sources too. */
  readonly sources: readonly string[];
  /** Further arguments for gcc. */
  readonly flags?: readonly string[];
}

/** The folder that holds the compiled tests; what tests build goes beside them. */
const buildDirectory = dirname(dirname(import.meta.dirname));

/** The repository's root. */
export const repositoryRoot = dirname(buildDirectory);

/** Where tests keep what is costly to make; created on the first call. */
export async function artifactDirectory(): Promise<string> {
  const directory = join(buildDirectory, "artifacts");
  await mkdir(directory, { recursive: true });
  return directory;
}

async function fingerprint(build: NativeBuild): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(build));
  const folders = new Set(build.sources.map((source) => dirname(join(repositoryRoot, source))));
  for (const folder of folders) {
    const headers = (await readdir(folder)).filter((name) => name.endsWith(".h")).toSorted();
    for (const header of headers) hash.update(await readFile(join(folder, header)));
  }
  for (const source of build.sources) hash.update(await readFile(join(repositoryRoot, source)));
  return hash.digest("hex").slice(0, 12);
}

/** Compiles with gcc unless the same sources were compiled before; resolves to the result's path. */
export async function compileNative(build: NativeBuild): Promise<string> {
  const result = join(await artifactDirectory(), `${await fingerprint(build)}-${build.name}`);
  if (existsSync(result)) return result;
  const unfinished = `${result}.${process.pid}`;
  const sources = build.sources.map((source) => join(repositoryRoot, source));
  await runTool("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", ...sources, "-o", unfinished, ...(build.flags ?? [])]);
  await rename(unfinished, result);
  return result;
}
