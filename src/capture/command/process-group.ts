import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../core/clock.ts";
import type { ProgramEnd } from "./explain-command.ts";
import { isGroupRunning, signalGroup } from "./process-group-state.ts";

/** How soon a group that was told to stop is looked at; then after ever longer times, up to ten times this. */
const firstLookMs = 15;
/** How long the kernel gets to finish what SIGKILL began (a process in uninterruptible sleep, say). */
const killedWithinMs = 500;

/** A running program with everything it started. */
export interface ProcessGroup {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the program itself was reaped. */
  readonly ended: Promise<ProgramEnd>;
  /** SIGTERM to the whole group, SIGKILL to what is left after `graceMs`; resolves when nothing of it runs. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a program as the leader of its own process group, so that a Ctrl-C on the terminal is ours alone and whatever
 * it starts can be ended with it. Rejects with the operating system's error when it cannot be started.
 *
 * Its stdin is a pipe that stays open and empty: should this process be killed, stdin ends and stdout breaks (SIGPIPE
 * at its next write), which is all that can reach it then.
 */
export async function startProcessGroup(command: readonly string[], clock: Clock): Promise<ProcessGroup> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "pipe"], shell: false });
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const closeStreams = watchStreams([child.stdin, child.stdout, child.stderr]);
  try {
    await once(child, "spawn");
  } catch (error) {
    await closeStreams();
    throw error;
  }
  child.on("error", () => {}); // nothing follows from a signal that came too late
  const { pid, stdout, stderr } = child;
  if (pid === undefined) throw new Error(`${program}: started without a process id`);
  const stop = async (graceMs: number): Promise<void> => {
    // The program itself must be reaped too, not only dead.
    const isRunning = () => (child.exitCode === null && child.signalCode === null) || isGroupRunning(pid);
    await endGroup(pid, isRunning, graceMs, clock);
    await closeStreams();
    // Only a process that not even SIGKILL moves is still there; it must not keep this one.
    child.unref();
  };
  return { stdout, stderr, ended, stop };
}

/**
 * Returns what closes the streams and resolves when they are. (`stream.closed` is true before the descriptor is.)
 * A stream is undefined where the system had no descriptors left for it.
 */
function watchStreams(streams: readonly (Readable | Writable | undefined)[]): () => Promise<void> {
  const there = streams.filter((stream) => stream !== undefined);
  const closed = there.map((stream) => new Promise<void>((resolve) => void stream.once("close", resolve)));
  for (const stream of there) stream.on("error", () => {}); // how the program ended is told by `ended`
  return async () => {
    for (const stream of there) stream.destroy();
    await Promise.all(closed);
  };
}

async function endGroup(pid: number, isRunning: () => boolean, graceMs: number, clock: Clock): Promise<void> {
  if (!signalGroup(pid, "SIGTERM")) return;
  signalGroup(pid, "SIGCONT"); // what was stopped would not see it otherwise
  if (await isOver(isRunning, graceMs, clock)) return;
  signalGroup(pid, "SIGKILL");
  await isOver(isRunning, killedWithinMs, clock);
}

async function isOver(isRunning: () => boolean, withinMs: number, clock: Clock): Promise<boolean> {
  const untilNs = clock.monotonicNs() + BigInt(Math.round(withinMs * 1e6));
  for (let lookMs = firstLookMs; isRunning(); lookMs = Math.min(lookMs * 2, 10 * firstLookMs)) {
    if (clock.monotonicNs() >= untilNs) return false;
    await new Promise<void>((resolve) => void clock.after(lookMs, resolve));
  }
  return true;
}
