/**
 * Runs commands in the camera VM for the host: one JSON object per line, both ways, over a virtio serial port.
 *   node agent.js DEVICE
 * Ends (and the machine with it) when the host's side of the port goes away.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** What the host asks for. `id` is the host's own and names the command in every answer. */
export type AgentRequest =
  | { readonly op: "run"; readonly id: number; readonly argv: readonly string[]; readonly cwd: string }
  | { readonly op: "signal"; readonly id: number; readonly signal: NodeJS.Signals };

/** What the guest tells. `atNs` is its CLOCK_MONOTONIC in nanoseconds, as a decimal string. */
export type AgentEvent =
  | { readonly event: "ready"; readonly atNs: string }
  | { readonly event: "started"; readonly id: number; readonly pid: number; readonly atNs: string }
  | {
      readonly event: "output";
      readonly id: number;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
      readonly atNs: string;
    }
  | {
      readonly event: "exit";
      readonly id: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly atNs: string;
    };

const device = process.argv[2] ?? "";
const line = openSync(device, "r+");
const children = new Map<number, ChildProcess>();

function now(): string {
  return process.hrtime.bigint().toString();
}

// a blocking write: the order of events is the order of lines, and the host always reads
function tell(event: AgentEvent): void {
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let offset = 0; offset < bytes.length;) offset += writeSync(line, bytes, offset);
}

function run(id: number, argv: readonly string[], cwd: string): void {
  const [command = "false", ...rest] = argv;
  const child = spawn(command, rest, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  children.set(id, child);
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]
      .setEncoding("utf8")
      .on("data", (text: string) => tell({ event: "output", id, stream, text, atNs: now() }));
  }
  child.on("spawn", () => tell({ event: "started", id, pid: child.pid ?? 0, atNs: now() }));
  child.on("error", (error) => {
    children.delete(id);
    tell({ event: "output", id, stream: "stderr", text: `${error.message}\n`, atNs: now() });
    tell({ event: "exit", id, code: 127, signal: null, atNs: now() });
  });
  child.on("close", (code, signal) => {
    if (children.delete(id)) tell({ event: "exit", id, code, signal, atNs: now() });
  });
}

function signalGroup(id: number, signal: NodeJS.Signals): void {
  const pid = children.get(id)?.pid;
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it ended just now: its exit is on the way
  }
}

const requests = createInterface({ input: createReadStream(device, { fd: line, autoClose: false }) });
requests.on("line", (text) => {
  const request = JSON.parse(text) as AgentRequest;
  if (request.op === "run") run(request.id, request.argv, request.cwd);
  else signalGroup(request.id, request.signal);
});
requests.on("close", () => process.exit(0));
tell({ event: "ready", atNs: now() });
