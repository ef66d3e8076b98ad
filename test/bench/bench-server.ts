import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { compileNative } from "../support/compile-native.ts";
import { fakeCameraEnvironment, type FakeCamera } from "../support/fake-camera.ts";
import { cleanEnvironment } from "../support/process-sightline.ts";
import { until } from "../support/wait.ts";
import { watchFirstPart } from "./first-part.ts";
import { prepareSightline, type SightlineSetup } from "./sightline-command.ts";

/** Who is measured. `limit` is fan-out-limit.c: no server can be cheaper. */
export type ServerName = "sightline" | "ustreamer" | "limit";

/** A server that shows a picture. */
export interface RunningServer {
  readonly name: ServerName;
  readonly pid: number;
  readonly port: number;
  /** 0: plain HTTP only. */
  readonly httpsPort: number;
  readonly streamPath: string;
  /** Values of `Authorization` that open the stream; none: nobody is asked. */
  readonly authorizations: readonly string[];
  /** What the server wrote so far. */
  log(): Promise<string>;
  /** `performance.now()` when its process was spawned. */
  readonly spawnedMs: number;
  /** Ends the process; rejects when it had ended by itself before. */
  stop(): Promise<void>;
}

/** Where servers are started: the camera they all see, and a folder for what they write. */
export interface Stage {
  readonly camera: FakeCamera;
  readonly directory: string;
}

/** How Sightline differs from what users run. */
export interface ServerOptions extends Omit<SightlineSetup, "httpsPort"> {
  /** Listens for HTTPS too. */
  readonly encrypted?: boolean;
}

/** How a server is started. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly streamPath: string;
  readonly authorizations?: readonly string[];
}

/** A TCP port of 127.0.0.1 that was free just now. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * MJPEG is passed through untouched (HW), everything else goes through its own encoder at quality 80; all workers and
 * buffers as it chooses them for this machine; its access log off.
 */
function ustreamerCommand({ camera }: Stage, port: number): Command {
  const [mode] = camera.modes;
  const format = mode?.fourcc === "MJPG" ? ["--format=MJPEG", "--encoder=HW"] : ["--format=YUYV", "--encoder=CPU"];
  const place = [`--device=${camera.path}`, `--resolution=${mode?.width}x${mode?.height}`, "--quality=80"];
  const http = ["--host=127.0.0.1", `--port=${port}`, "--tcp-nodelay", "--log-level=0"];
  return { file: "ustreamer", args: [...place, ...format, ...http], streamPath: "/stream" };
}

async function limitCommand({ camera }: Stage, port: number): Promise<Command> {
  const file = await compileNative({ name: "fan-out-limit", sources: ["test/bench/fan-out-limit.c"] });
  return { file, args: [camera.path, `${port}`], streamPath: "/" };
}

async function commandFor(name: ServerName, stage: Stage, port: number, setup: SightlineSetup): Promise<Command> {
  if (name === "sightline") return prepareSightline(stage, port, setup);
  return name === "ustreamer" ? ustreamerCommand(stage, port) : limitCommand(stage, port);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (hasEnded(child)) throw new Error(`the server had ended before (${child.signalCode ?? child.exitCode})`);
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(impatience);
}

/** Spawns the server on a free port, with the fake camera, without waiting for it. Only Sightline heeds `options`. */
export async function spawnServer(
  name: ServerName,
  stage: Stage,
  options: ServerOptions = {},
): Promise<RunningServer & { ready(): Promise<void> }> {
  const port = await findFreePort();
  const httpsPort = options.encrypted ? await findFreePort() : 0;
  const {
    file,
    args,
    streamPath,
    authorizations = [],
  } = await commandFor(name, stage, port, { ...options, httpsPort });
  const env = { ...cleanEnvironment(), ...(await fakeCameraEnvironment(stage.camera)) };
  const logFile = join(stage.directory, `${name}.log`);
  const log = await open(logFile, "w");
  const spawnedMs = performance.now();
  const child = spawn(file, args, { cwd: stage.directory, env, stdio: ["ignore", log.fd, log.fd] });
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  await log.close();
  const readLog = (): Promise<string> => readFile(logFile, "utf8");
  const explain = async (error: unknown): Promise<never> => {
    const said = (await readLog()).slice(-2000);
    throw new Error(`${name} on port ${port}: ${String(error)}\n${said}`);
  };
  return {
    name,
    pid: child.pid ?? 0,
    port,
    httpsPort,
    streamPath,
    authorizations,
    spawnedMs,
    log: readLog,
    stop: () => end(child).catch(explain),
    ready: async () => {
      // Everybody once: passwords that were right are known from then on.
      for (const authorization of authorizations.length > 0 ? authorizations : [undefined]) {
        const look = (): Promise<boolean> => watchFirstPart(port, streamPath, authorization);
        await until(() => hasEnded(child) || look(), "a first picture").catch(explain);
      }
      if (hasEnded(child)) await explain("ended at once");
    },
  };
}

/** A server that shows a picture. Rejects with what it printed when it does not within 10 s. */
async function startServer(name: ServerName, stage: Stage, options?: ServerOptions): Promise<RunningServer> {
  const server = await spawnServer(name, stage, options);
  await server.ready();
  return server;
}

/** Runs `measure` with the server up, and ends it in any case. */
export async function withServer<T>(
  name: ServerName,
  stage: Stage,
  measure: (server: RunningServer) => Promise<T>,
  options?: ServerOptions,
): Promise<T> {
  const server = await startServer(name, stage, options);
  const result = await measure(server).catch(async (error: unknown) => {
    await server.stop().catch(() => undefined); // the first error says more
    throw error;
  });
  await server.stop();
  return result;
}
