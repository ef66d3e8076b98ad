import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What this process holds of the system: open descriptors (by what they point to) and children, and its timers. */
export interface ProcessResources {
  readonly descriptors: readonly string[];
  readonly children: readonly number[];
  /** Node's own list of what keeps the event loop going, without file operations under way (the test runner's). */
  readonly active: readonly string[];
}

/** What this process holds now, sorted, so that two of these can be compared. */
export function processResources(): ProcessResources {
  return {
    descriptors: openDescriptors(),
    children: childrenOf(process.pid),
    active: process
      .getActiveResourcesInfo()
      .filter((name) => !name.startsWith("FSReq"))
      .sort(),
  };
}

/** Processes whose parent is `pid`, zombies among them. */
export function childrenOf(pid: number): readonly number[] {
  return processes()
    .filter((entry) => entry.parent === pid)
    .map((entry) => entry.pid);
}

/** Whether `pid` runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  return processes().some((entry) => entry.pid === pid && entry.state !== "Z");
}

interface ProcessEntry {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
}

function processes(): readonly ProcessEntry[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // "pid (name) state parent …"; the name may contain anything.
      const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(name), state, parent: Number(parent) }];
    } catch {
      return []; // gone meanwhile
    }
  });
}

function openDescriptors(): readonly string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((name) => {
      try {
        return [readlinkSync(`/proc/self/fd/${name}`)];
      } catch {
        return []; // the descriptor that listed the directory
      }
    })
    .sort();
}
