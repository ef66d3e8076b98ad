import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./compile-native.ts";
import { findSaidSecrets } from "./said-secrets.ts";
import { until } from "./wait.ts";

/** How a process ended and how long it took. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  readonly tookMs: number;
}

/** A running Sightline, started as a user would. */
export interface SightlineProcess {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly origin: string;
  /** 0 on a Unix socket. */
  readonly port: number;
  /** 0 without a certificate. */
  httpsPort(): number;
  readonly pid: number;
  /** What it logged so far. */
  log(): string;
  /** Sends a signal and waits for the end; SIGKILL follows after 10 s. Rejects where it ever said something secret. */
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

/** What a program that ran to its end left behind. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program; `npm run build` makes it. */
export function sightlineProgram(): string {
  return process.env["SIGHTLINE_TEST_PROGRAM"] ?? join(repositoryRoot, "dist/main.js");
}

/**
 * Starts `sightline serve` on a free port of `host` with this configuration (the keys of the file), in a folder of its own
 * that goes with it. Resolves when it listens; rejects with its log when it ends instead.
 */
export async function startSightline(
  config: Readonly<Record<string, unknown>> = {},
  program: readonly string[] = [process.execPath, sightlineProgram()],
  host = "127.0.0.1",
): Promise<SightlineProcess> {
  const directory = await mkdtemp(join(tmpdir(), "sightline-e2e-"));
  const file = join(directory, "sightline.yaml");
  const log = { level: "debug", format: "json" };
  // Open, unless the test is about who may come in. JSON is YAML.
  const open = { auth: { mode: "none" } };
  await writeFile(file, JSON.stringify({ log, ...open, dataDir: join(directory, "data"), ...config }));
  const flags = ["serve", "--config", file, "--host", host, "--port", "0"];
  const [command = "", ...args] = program;
  const child = spawn(command, [...args, ...flags], {
    cwd: directory,
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const ended = new Promise<Omit<ProcessEnd, "tookMs">>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const { http: port } = await until(
    () => {
      if (child.exitCode !== null) throw new Error(`sightline ended (${child.exitCode}):\n${output()}`);
      const [, fields] = /\{([^{}]*)"msg":"watch at /.exec(output()) ?? [];
      return fields === undefined ? undefined : { http: Number(/"port":(\d+)/.exec(fields)?.[1] ?? 0) };
    },
    "sightline to listen",
    20_000,
  );
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    httpsPort: () => Number(/"httpsPort":(\d+)/.exec(output())?.[1] ?? 0),
    pid: child.pid ?? 0,
    log: output,
    async stop(signal = "SIGTERM") {
      const startMs = performance.now();
      child.kill(signal);
      const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const end = await ended;
      clearTimeout(killer);
      const tookMs = performance.now() - startMs;
      await rm(directory, { recursive: true, force: true });
      const secrets = findSaidSecrets(output(), config);
      if (secrets.length > 0) throw new Error(`sightline said what is secret: ${secrets.join(", ")}:\n${output()}`);
      return { ...end, tookMs };
    },
  };
}

/** Runs the program with these arguments to its end, without configuration in sight. */
export async function runSightline(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ProgramResult> {
  const directory = await mkdtemp(join(tmpdir(), "sightline-run-"));
  const child = spawn(process.execPath, [sightlineProgram(), ...args], {
    cwd: directory,
    env: { ...cleanEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  await rm(directory, { recursive: true, force: true });
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** This process's environment without our own variables: SIGHTLINE_TEST_BUILD, say, is none of the product's. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SIGHTLINE_")));
}

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
