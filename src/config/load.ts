import { ConfigError } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { checkConfig } from "./check-config.ts";
import { readConfigFile } from "./config-file.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { fileVariable, readEnvironment } from "./environment.ts";
import { Layers } from "./layers.ts";
import { readInheritedSockets, type InheritedSockets } from "./inherited-sockets.ts";
import { findPending } from "./pending-features.ts";
import { rawAt, type KeyPath } from "./raw.ts";
import { resolveSection, type Findings } from "./resolve-section.ts";
import { schema, type CameraConfig, type Config } from "./schema.ts";

/** What the command line says about the configuration, still as text. */
export interface ConfigFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  /** Makes this device the only camera. */
  readonly device?: string;
  readonly dataDir?: string;
  readonly logLevel?: string;
  /** `key.path=value`, any number of times. */
  readonly set?: readonly string[];
}

/** Where the configuration comes from; the process's own environment and directory by default. */
export interface ConfigSources {
  readonly flags?: ConfigFlags;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** A configuration that can be used. */
export interface LoadedConfig {
  readonly config: Config;
  /** The absolute path of the file that was used, if there was one. */
  readonly file: string | undefined;
  /** To be logged at start, one line each. */
  readonly warnings: readonly string[];
  /** Sockets that we were started with. */
  readonly inherited: InheritedSockets;
  /** Passwords and the like, for the log to hide wherever they turn up. */
  readonly secrets: readonly string[];
}

/**
 * Loads the configuration: command line over `SIGHTLINE_*` variables over one file over defaults.
 * Throws ConfigError with every mistake in all of them at once.
 */
export function loadConfig({ flags = {}, env = process.env, cwd = process.cwd() }: ConfigSources = {}): LoadedConfig {
  const file = readConfigFile(flags.config ?? (env[fileVariable] || undefined), cwd);
  const layers = new Layers(schema);
  if (file) layers.addFile(file);
  const { settings, problems } = readEnvironment(schema, env);
  const { sockets: inherited, problems: socketProblems } = readInheritedSockets(env, process.pid);
  for (const { path, value, name } of settings) layers.addText(path, value, name);
  addFlags(layers, flags);
  const findings: Findings = {
    problems: [...problems, ...socketProblems, ...layers.problems],
    given: new Map(),
    secrets: new Set(),
    originOf: (path) => layers.originOf(path),
  };
  const config = completeCameras(resolveSection(schema, layers.root, [], findings));
  checkConfig(config, findings);
  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  return deepFreeze({
    config,
    file: file?.file,
    warnings: [...warnOfPending(findings), ...warnOfOpenDoors(config)],
    inherited,
    secrets: [...findings.secrets],
  });
}

/** Takes our own variables out of the environment: programs that we start, cameras among them, must not inherit secrets. */
export function forgetEnvironment(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (name.startsWith("SIGHTLINE_")) delete env[name];
}

function addFlags(layers: Layers, flags: ConfigFlags): void {
  if (flags.device !== undefined) addDevice(layers, flags.device);
  const shorthands: readonly (readonly [KeyPath, string | undefined, string])[] = [
    [["server", "host"], flags.host, "--host"],
    [["server", "port"], flags.port, "--port"],
    [["dataDir"], flags.dataDir, "--data-dir"],
    [["log", "level"], flags.logLevel, "--log-level"],
  ];
  for (const [path, value, origin] of shorthands) if (value !== undefined) layers.addText(path, value, origin);
  for (const assignment of flags.set ?? []) addAssignment(layers, assignment);
}

/** One camera with this device; what was configured for the device stays. */
function addDevice(layers: Layers, device: string): void {
  const cameras = rawAt(layers.root, ["cameras"]);
  const known = Array.isArray(cameras) ? cameras.find((camera) => rawAt(camera, ["device"]) === device) : undefined;
  layers.add(["cameras"], [known ?? new Map([["device", device]])], "--device");
}

function addAssignment(layers: Layers, assignment: string): void {
  const at = assignment.indexOf("=");
  const path = assignment
    .slice(0, at)
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".");
  if (at > 0 && !path.includes("")) layers.addText(path, assignment.slice(at + 1), "--set");
  else
    layers.problems.push({
      key: "--set",
      value: undefined,
      allowed: "must be followed by key=value, e.g. --set server.port=8081",
    });
}

/** Gives each camera the general motion and recording settings under its own, and an id where none can be found later. */
function completeCameras(config: ReturnType<typeof resolveSection<typeof schema>>): Config {
  const taken = new Set(config.cameras.map(({ id }) => id));
  const cameras = config.cameras.map((camera): CameraConfig => {
    const motion = { ...config.motion, ...camera.motion };
    const recording = { ...config.recording, ...camera.recording };
    const complete = { ...camera, motion, recording };
    return camera.id !== undefined || camera.source === "v4l2"
      ? complete
      : { ...complete, id: freeId(camera.source, taken) };
  });
  return { ...config, cameras };
}

function freeId(wanted: string, taken: Set<string | undefined>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted}-${count}`;
  taken.add(id);
  return id;
}

function warnOfPending({ given }: Findings): string[] {
  const pending = findPending(given);
  return pending.length === 0 ? [] : [`accepted, but without effect in this version: ${pending.join(", ")}`];
}

function warnOfOpenDoors({ server, auth }: Config): string[] {
  if (auth.mode !== "none") return [];
  if (isLoopback(server.host)) {
    return [
      "auth.mode is none: everybody on this machine, and behind a reverse proxy here, sees every camera and may change everything",
    ];
  }
  return [
    `auth.mode is none: whoever reaches port ${server.port} sees every camera and may change everything; server.host: 127.0.0.1 keeps it to this machine`,
  ];
}
