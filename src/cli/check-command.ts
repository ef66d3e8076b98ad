import { checkConfiguredUsers } from "../access/configured-users.ts";
import { parseBrokerAddress } from "../announce/mqtt/broker-address.ts";
import type { Clock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import { isLoopback } from "../core/loopback.ts";
import { loadConfig, type ConfigSources, type LoadedConfig } from "../config/load.ts";
import type { CameraConfig, Config } from "../config/schema.ts";
import type { Findings } from "./check-doors.ts";

/** Where a command's output goes. */
interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * Checks the configuration and prints what would run. Returns the exit status: 0, or 78 with every mistake on standard
 * error.
 */
export async function checkCommand(sources: ConfigSources, { stdout, stderr }: Output, clock: Clock): Promise<0 | 78> {
  try {
    const loaded = loadConfig(sources);
    await checkConfiguredUsers(loaded.config.auth.users);
    const { cwd = process.cwd() } = sources;
    const { checkAccounts, checkListeners } = await import("./check-doors.ts");
    const listeners = await checkListeners(loaded.config, loaded.inherited, clock);
    const accounts = await checkAccounts(loaded.config, { clock, cwd });
    stdout(describeRun(loaded, listeners, accounts));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    stderr(formatConfigError(error));
    return 78;
  }
}

/** All mistakes of a configuration, one a line, under a heading. */
export function formatConfigError({ problems, message }: ConfigError): string {
  const heading = problems.length === 1 ? "one mistake" : `${problems.length} mistakes`;
  const lines = message.split("\n").map((line) => `  ${line}\n`);
  return `The configuration has ${heading}:\n${lines.join("")}`;
}

function describeRun({ config, file, warnings }: LoadedConfig, listeners: Findings, accounts: Findings): string {
  return [
    `configuration  ${file ?? "no file"}`,
    ...listeners.lines,
    ...accounts.lines,
    ...describeCameras(config.cameras),
    ...describeAnnouncements(config),
    `data           ${config.dataDir}`,
    `log            ${describeLog(config)}`,
    ...[...warnings, ...listeners.warnings, ...accounts.warnings].map((warning) => `warning        ${warning}`),
    "The configuration is right.\n",
  ].join("\n");
}

function describeCameras(cameras: readonly CameraConfig[]): string[] {
  if (cameras.length === 0) return ["cameras        every capture device; the test pattern where there is none"];
  return cameras.map((camera, index) => `${index === 0 ? "cameras  " : "         "}      ${describeCamera(camera)}`);
}

function describeCamera(camera: CameraConfig): string {
  const { id = "(id from the device)", source, device, command, format, width, height, fps, capture } = camera;
  // Arguments may hold credentials; the program's name says enough.
  const origin = source === "v4l2" ? (device ?? "the first capture device") : command?.[0];
  const size = width === undefined && height === undefined ? undefined : `${width ?? "auto"}x${height ?? "auto"}`;
  const rate = fps === undefined ? undefined : `${fps} fps`;
  return [id, source, origin, format, size, rate, capture].filter((word) => word !== undefined).join("  ");
}

function describeAnnouncements({ mqtt, mdns, server }: Config): string[] {
  const discovery = mqtt.discovery ? `Home Assistant at ${mqtt.discoveryPrefix}` : "no discovery";
  const broker =
    mqtt.url === undefined
      ? []
      : [`mqtt           ${parseBrokerAddress(mqtt.url).name}  ${mqtt.baseTopic}  ${discovery}`];
  return mdns.enabled && !isLoopback(server.host)
    ? [...broker, "mdns           found by name in the local network"]
    : broker;
}

function describeLog({ log }: Config): string {
  return `${log.level}, ${log.format}${log.file === undefined ? "" : `, ${log.file}`}`;
}
