#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { pageUrls, type WebPlace, type WebScheme } from "./announce/reachable-url.ts";
import { checkCommand, formatConfigError } from "./cli/check-command.ts";
import { describeAddresses, loginAddresses } from "./cli/login-addresses.ts";
import { parseCommandLine, UsageError, type CommandLine } from "./cli/command-line.ts";
import { forgetEnvironment, loadConfig, type ConfigFlags, type LoadedConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { systemClock } from "./core/clock.ts";
import { ConfigError, DeviceError, StorageError, UnavailableError } from "./core/errors.ts";
import type { RootLog } from "./log/create-log.ts";

/** sysexits.h */
const exUsage = 64;
const exConfig = 78;
/** A stop that takes longer than this is ended the hard way; clients and cameras get 3 s in all. */
const stopWithinMs = 2_800;

// Pictures live outside of V8's heap and are freed when a collection of the young generation finds them dead. A young generation
// that never grows is collected often and cheaply: about 25 MB less in use with viewers, for no more CPU.
setFlagsFromString("--semi-space-growth-factor=1");

const write = (text: string): void => void process.stdout.write(text);
const complain = (text: string): void => void process.stderr.write(text);

// A reader that went away (`sightline devices | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<number> {
  try {
    return await runCommand(parseCommandLine(argv));
  } catch (error) {
    if (error instanceof ConfigError) complain(formatConfigError(error));
    else if (isToldPlainly(error)) complain(`sightline: ${error.message}\n`);
    else throw error;
    if (error instanceof UsageError) return exUsage;
    return error instanceof ConfigError ? exConfig : 1;
  }
}

function isToldPlainly(error: unknown): error is Error {
  return [UsageError, DeviceError, StorageError, UnavailableError].some((kind) => error instanceof kind);
}

async function runCommand(line: CommandLine): Promise<number> {
  switch (line.command) {
    case "help":
      write((await import("./cli/help.ts")).helpText);
      return 0;
    case "version":
      write(`sightline ${readVersion()}\n`);
      return 0;
    case "check":
      return checkCommand({ flags: line.flags }, { stdout: write, stderr: complain }, systemClock);
    case "devices":
      return (await import("./cli/devices-command.ts")).runDevicesCommand({ json: line.json, write });
    case "controls": {
      const { runControlsCommand } = await import("./cli/controls-command.ts");
      return runControlsCommand({ device: line.device, json: line.json, write });
    }
    case "mqtt": {
      const { config } = loadConfig({ flags: line.flags });
      const { runMqttCommand } = await import("./cli/mqtt-command.ts");
      const tools = { config, clock: systemClock, version: readVersion() };
      return runMqttCommand({ ...tools, action: line.action, json: line.json, write, remark: complain });
    }
    case "tls": {
      const { config } = loadConfig({ flags: line.flags });
      const { runTlsCommand } = await import("./cli/tls-command.ts");
      return runTlsCommand({ config, clock: systemClock, write });
    }
    case "user": {
      const { config } = loadConfig({ flags: line.flags });
      const { runUserCommand } = await import("./cli/user-command.ts");
      const terminal = { input: process.stdin, output: process.stderr, write, remark: complain };
      return runUserCommand({ line, config, clock: systemClock, ...terminal });
    }
    case "serve":
      return serve(line.flags);
  }
}

async function serve(flags: ConfigFlags): Promise<number> {
  const loaded = loadConfig({ flags });
  forgetEnvironment();
  const { createLog } = await import("./log/create-log.ts");
  const log = await createLog(loaded.config.log, { secrets: loaded.secrets });
  try {
    return await serveUntilSignal(loaded, log);
  } finally {
    await log.close();
  }
}

/** Runs until SIGTERM or SIGINT, then stops in order. The exit status is 1 or 78 when the doors cannot be opened. */
async function serveUntilSignal({ config, file, warnings, inherited }: LoadedConfig, log: RootLog): Promise<number> {
  const told = nextSignal();
  // Flags may carry secrets: from here on `ps` shows none.
  process.title = "sightline";
  const version = readVersion();
  log.info({ config: file ?? "none" }, `Sightline ${version} starts`);
  for (const warning of warnings) log.warn({}, warning);
  applyPriority(config.priority, log);
  const { createApp } = await import("./app.ts");
  const webDirectory = fileURLToPath(new URL("./web", import.meta.url));
  const app = createApp({ config, inherited, clock: systemClock, log, version, webDirectory });
  try {
    await app.start();
  } catch (error) {
    log.error({}, error instanceof Error ? error.message : String(error));
    await app.stop();
    return error instanceof ConfigError ? exConfig : 1;
  }
  const place = app.place();
  tellAddresses(place, config.server, log);
  const token = await app.invite();
  if (token !== undefined) showLoginLink(place, token);
  const signal = await told;
  log.info({ signal }, "stopping");
  await app.stop();
  log.info({}, "stopped");
  return 0;
}

/**
 * The first signal that asks us to end. From then on there is a time by which we have ended, whatever hangs. The listeners stay:
 * while write-file-atomic writes, it takes a signal to which nobody else listens for the end of the process.
 */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isFirst = true;
    const obey = (signal: NodeJS.Signals): void => {
      if (isFirst) setTimeout(() => process.exit(0), stopWithinMs).unref();
      isFirst = false;
      resolve(signal);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, obey);
  });
}

function applyPriority(priority: number, log: RootLog): void {
  if (priority === 0) return;
  try {
    setPriority(priority);
  } catch (error) {
    log.warn({ err: error }, `priority ${priority} is not allowed: a negative one needs root or CAP_SYS_NICE`);
  }
}

/** Where browsers, and proxies, find us. */
function tellAddresses(place: WebPlace, { socket }: Config["server"], log: RootLog): void {
  const { port, httpsPort } = place;
  const list = (scheme: WebScheme): string => pageUrls(place, scheme).join("/, ");
  if (port > 0) log.info({ port }, `watch at ${list("http")}/`);
  else
    log.info({}, `watch at ${socket === undefined ? "the Unix socket that we were started with" : `unix:${socket}`}`);
  if (httpsPort > 0) log.info({ httpsPort }, `watch at ${list("https")}/`);
}

/** On standard error and not in the log, which is kept: whoever reads the link may use it, once. */
function showLoginLink(place: WebPlace, token: string): void {
  const addresses = loginAddresses(place, token);
  complain(`Log in once, within 15 minutes: ${addresses[0]}\n${describeAddresses(addresses)}`);
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
