import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Machine, NamespaceProcess } from "./mdns-network.ts";
import { until } from "./wait.ts";

/** A line of `avahi-browse --parsable`. */
export interface AvahiEvent {
  /** There, gone, or resolved: then the fields from `host` on are filled. */
  readonly event: "+" | "-" | "=";
  readonly interfaceName: string;
  readonly protocol: string;
  readonly name: string;
  readonly type: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly txt: readonly string[];
}

/** Everything that a browser saw, in order. */
export interface AvahiBrowser extends NamespaceProcess {
  events(): readonly AvahiEvent[];
}

/** An avahi-daemon in a machine, with a message bus of its own. */
export interface Avahi {
  /** What is there now. */
  list(type: string): Promise<readonly AvahiEvent[]>;
  /** Goes on looking until it is stopped. */
  browse(type: string): AvahiBrowser;
  publish(name: string, type: string, port: number): NamespaceProcess;
  /** The address that a host name has; "" when it has none of that family. */
  resolve(host: string, family?: 4 | 6): Promise<string>;
  /** What the daemon said. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts avahi-daemon in the machine, which it gives the name `HOSTNAME.local`; resolves when it runs. */
export async function startAvahi(machine: Machine, hostName: string): Promise<Avahi> {
  const directory = await mkdtemp(join(tmpdir(), "sightline-avahi-"));
  const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(directory, "bus")}` };
  const [busConfig, config] = [join(directory, "bus.conf"), join(directory, "avahi.conf")];
  await writeFile(busConfig, formatBusConfig(join(directory, "bus")));
  await writeFile(config, `[server]\nhost-name=${hostName}\nuse-ipv4=yes\nuse-ipv6=yes\n`);
  const bus = machine.spawn(["dbus-daemon", `--config-file=${busConfig}`, "--nofork", "--print-address=1"]);
  await until(() => bus.output().includes("unix:path="), `dbus-daemon of ${machine.name}`);
  // `ip netns exec` has a mount namespace of its own: this /run is nobody else's.
  const daemon = `mount -t tmpfs tmpfs /run && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$0"`;
  const avahi = machine.spawn(["sh", "-c", daemon, config], env);
  await until(() => avahi.output().includes("Server startup complete"), `avahi-daemon of ${machine.name}`);
  const browse = (...args: string[]): AvahiBrowser => {
    const browser = machine.spawn(["avahi-browse", "--parsable", "--resolve", "--no-db-lookup", ...args], env);
    return { ...browser, events: () => parseEvents(browser.output()) };
  };
  const run = (...command: string[]) =>
    machine.run("env", ...Object.entries(env).map((pair) => pair.join("=")), ...command);
  return {
    list: async (type) =>
      parseEvents(await run("avahi-browse", "--parsable", "--resolve", "--no-db-lookup", "--terminate", type)),
    browse: (type) => browse(type),
    publish: (name, type, port) => machine.spawn(["avahi-publish", "-s", name, type, String(port)], env),
    resolve: async (host, family = 4) => (await run("avahi-resolve", `-${family}`, "-n", host)).split(/\s+/)[1] ?? "",
    log: () => avahi.output(),
    async stop() {
      await avahi.stop();
      await bus.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function formatBusConfig(socket: string): string {
  const policy = `<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>`;
  return `<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>${policy}</busconfig>`;
}

function parseEvents(output: string): readonly AvahiEvent[] {
  return output.split("\n").flatMap((line) => {
    const [event, interfaceName = "", protocol = "", name = "", , , host = "", address = "", port, txt = ""] =
      line.split(";");
    if (event !== "+" && event !== "-" && event !== "=") return [];
    const type = line.split(";")[4] ?? "";
    const pairs = [...txt.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, pair = ""]) => pair);
    return [
      { event, interfaceName, protocol, name: unescape(name), type, host, address, port: Number(port), txt: pairs },
    ];
  });
}

/** `\032` is the character of that decimal code. */
function unescape(text: string): string {
  const bytes = text.replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code)));
  return Buffer.from(bytes.replaceAll(/\\(.)/g, "$1"), "latin1").toString();
}
