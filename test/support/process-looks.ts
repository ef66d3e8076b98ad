import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What everybody, or the same user, can see of a process in /proc. */
export interface ProcessLooks {
  readonly pid: number;
  /** Its arguments, or what it calls itself. */
  readonly title: string;
  readonly threads: readonly string[];
  readonly environment: string;
}

export function lookAtProcess(pid: number): ProcessLooks {
  const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8").replaceAll("\0", "\n");
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => read(`task/${thread}/comm`).trim());
  return { pid, title: read("cmdline"), threads, environment: read("environ") };
}

/** The processes that this one started, but for those that end meanwhile. */
export function lookAtChildren(pid: number): readonly ProcessLooks[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const text = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")).join(" ");
  const children = text.split(/\s+/).filter(Boolean).map(Number);
  return children.flatMap((child) => {
    try {
      return [lookAtProcess(child)];
    } catch {
      return [];
    }
  });
}

/** A file with the bits of its mode that say who may do what. */
export interface FoundFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

/** All files under a folder. */
export function filesUnder(directory: string): readonly FoundFile[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, mode: statSync(path).mode & 0o777, bytes: readFileSync(path) };
    });
}
