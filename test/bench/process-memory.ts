import { readFile } from "node:fs/promises";
import { runTool } from "../support/run-tool.ts";

/** What the kernel keeps for one TCP connection of a server. */
export interface SocketMemory {
  /** Bytes not yet acknowledged by the other side. */
  readonly sendQueueBytes: number;
  /** Memory that this queue occupies, with the kernel's own overhead. */
  readonly usedBytes: number;
  /** The most it may occupy. */
  readonly limitBytes: number;
}

/** The resident set out of /proc/PID/status. Throws an Error where the line is missing. */
export function parseResidentBytes(status: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error("no VmRSS in the process's status");
  return Number(kilobytes) * 1024;
}

export async function residentBytes(pid: number): Promise<number> {
  return parseResidentBytes(await readFile(`/proc/${pid}/status`, "utf8"));
}

/** Reads `ss -tmnHO`: a line per connection with its queues and `skmem:(…,tb<limit>,…,w<used>,…)`. */
export function parseSocketMemory(text: string): readonly SocketMemory[] {
  const connection = /^\s*\d+\s+(\d+)\s.*skmem:\(([^)]*)\)/gm;
  return [...text.matchAll(connection)].map(([, queued, fields = ""]) => ({
    sendQueueBytes: Number(queued),
    usedBytes: Number(/(?:^|,)w(\d+)/.exec(fields)?.[1] ?? 0),
    limitBytes: Number(/(?:^|,)tb(\d+)/.exec(fields)?.[1] ?? 0),
  }));
}

/** The established connections of the server at `port`, as iproute2 tells them. */
export async function socketMemory(port: number): Promise<readonly SocketMemory[]> {
  const text = await runTool("ss", ["-tmnHO", "state", "established", `( sport = :${port} )`]);
  return parseSocketMemory(text.toString());
}
