import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { runTool } from "./run-tool.ts";
import { needing } from "./tool.ts";

/** A program that runs inside of a namespace. */
export interface NamespaceProcess {
  readonly pid: number;
  /** What it wrote so far. */
  output(): string;
  /** SIGTERM and its end; SIGKILL follows after 5 s. */
  stop(): Promise<void>;
}

/** A machine of its own as far as the network goes. */
export interface Machine {
  readonly name: string;
  /** Puts a cable with this interface into the switch, and gives it an address in CIDR notation. */
  plug(interfaceName: string, cidr: string): Promise<void>;
  /** `ip ARGS…` in this machine. */
  ip(...args: readonly string[]): Promise<void>;
  /** Runs a program to its end; resolves to its output. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  spawn(command: readonly string[], env?: NodeJS.ProcessEnv): NamespaceProcess;
}

/** Machines with one switch between them: network namespaces, cut off from the network of the real machine. */
export interface MdnsNetwork {
  add(name: string): Promise<Machine>;
  /** Ends what still runs in the machines, then removes them. */
  remove(): Promise<void>;
}

/** As {@link needing}, for tests that make network namespaces: only root may. */
export function needingNamespaces(...tools: readonly string[]): { readonly skip: string | false } {
  const { skip } = needing("ip", ...tools);
  if (skip !== false || process.env["CI"]) return { skip };
  const probe = `sightline-probe-${process.pid}`;
  if (spawnSync("ip", ["netns", "add", probe]).status !== 0) return { skip: "needs root, to make network namespaces" };
  spawnSync("ip", ["netns", "del", probe]);
  return { skip: false };
}

export async function createMdnsNetwork(): Promise<MdnsNetwork> {
  const processes: NamespaceProcess[] = [];
  const namespaces: string[] = [];
  const addNamespace = async (name: string): Promise<string> => {
    const namespace = `sightline-${process.pid}-${name}`;
    await runTool("ip", ["netns", "add", namespace]);
    namespaces.push(namespace);
    await runTool("ip", ["-n", namespace, "link", "set", "lo", "up"]);
    return namespace;
  };
  const hub = await addNamespace("switch");
  await runTool("ip", ["-n", hub, "link", "add", "bridge", "type", "bridge"]);
  await runTool("ip", ["-n", hub, "link", "set", "bridge", "up"]);
  return {
    async add(name) {
      return createMachine(name, await addNamespace(name), hub, processes);
    },
    async remove() {
      await Promise.all(processes.map((process) => process.stop()));
      for (const namespace of namespaces) await runTool("ip", ["netns", "del", namespace]);
    },
  };
}

function createMachine(name: string, namespace: string, hub: string, processes: NamespaceProcess[]): Machine {
  const inside = (command: readonly string[]) => ["netns", "exec", namespace, ...command];
  const ip = async (...args: readonly string[]) => void (await runTool("ip", ["-n", namespace, ...args]));
  return {
    name,
    ip,
    async plug(interfaceName, cidr) {
      const port = `${name}-${interfaceName}`;
      await runTool("ip", ["-n", hub, "link", "add", port, "type", "veth", "peer", interfaceName, "netns", namespace]);
      await runTool("ip", ["-n", hub, "link", "set", port, "master", "bridge", "up"]);
      await ip("addr", "add", cidr, "dev", interfaceName);
      await ip("link", "set", interfaceName, "up");
    },
    async run(...command) {
      return (await runTool("ip", inside(command))).toString();
    },
    spawn(command, env) {
      const child = spawn("ip", inside(command), {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const started = toNamespaceProcess(child);
      processes.push(started);
      return started;
    },
  };
}

function toNamespaceProcess(child: ChildProcess): NamespaceProcess {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close");
  return {
    pid: child.pid ?? 0,
    output: () => text,
    async stop() {
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(killer);
    },
  };
}
