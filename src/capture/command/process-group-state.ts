import { readdirSync, readFileSync } from "node:fs";

/** Sends `signal` to every process of the group (0: to none); false when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/**
 * Whether a process of the group still runs. Zombies do not: an orphan whose new parent is slow to reap it, or never
 * does (a container without init), holds neither camera nor memory.
 */
export function isGroupRunning(group: number): boolean {
  return signalGroup(group, 0) && readdirSync("/proc").some((name) => isRunningIn(group, name));
}

function isRunningIn(group: number, name: string): boolean {
  if (!/^\d+$/.test(name)) return false;
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "latin1");
    // proc(5): "pid (comm) state ppid pgrp …", where comm may hold any character.
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
    return Number(processGroup) === group && state !== "Z" && state !== "X";
  } catch {
    return false; // it ended meanwhile
  }
}
