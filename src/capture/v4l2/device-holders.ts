import { readdir, readFile, readlink, realpath } from "node:fs/promises";

/** A process that has the device open. */
export interface Holder {
  readonly pid: number;
  readonly name: string;
}

/** What a look through /proc found. */
export interface Holders {
  readonly holders: readonly Holder[];
  /** False where some process did not let us look: another user's. */
  readonly complete: boolean;
}

/** Which other processes have `device` open, by /proc/PID/fd. Never rejects. */
export async function findHolders(device: string, procDirectory = "/proc"): Promise<Holders> {
  const target = await realpath(device).catch(() => device);
  const pids = (await readdir(procDirectory).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const holders: Holder[] = [];
  let complete = true;
  for (const pid of pids) {
    if (pid === process.pid) continue;
    const holds = await hasOpen(`${procDirectory}/${pid}/fd`, target);
    if (holds === undefined) complete = false;
    else if (holds) holders.push({ pid, name: await processName(`${procDirectory}/${pid}/comm`) });
  }
  return { holders, complete };
}

/** Undefined: not allowed to look. */
async function hasOpen(fdDirectory: string, target: string): Promise<boolean | undefined> {
  try {
    for (const fd of await readdir(fdDirectory)) {
      const link = await readlink(`${fdDirectory}/${fd}`).catch(() => undefined);
      if (link === target) return true;
    }
    return false;
  } catch (error) {
    const isForbidden =
      error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
    return isForbidden ? undefined : false; // anything else: the process ended meanwhile
  }
}

async function processName(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return "a process";
  }
}
