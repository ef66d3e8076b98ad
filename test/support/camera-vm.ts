import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { AgentEvent, AgentRequest } from "../camera-vm/guest/agent.ts";
import { GuestProcess, type GuestResult } from "./camera-vm-process.ts";
import { QmpMonitor, UnixDoor } from "./camera-vm-qmp.ts";
import { needing } from "./tool.ts";

/** The compiled tree (build/) and the repository around it. */
const compiled = join(import.meta.dirname, "../..");
export const repository = join(compiled, "..");

/** What the command `sightline` runs; built by {@link CameraVm.boot} unless it is told. */
const program = process.env["SIGHTLINE_TEST_PROGRAM"] ?? join(repository, "dist/main.js");

const bootDeadlineMs = 300_000;

/** Options of {@link CameraVm.boot}. */
export interface CameraVmOptions {
  readonly memoryMib?: number;
  /** The machine is ended after this long, whatever happens. */
  readonly limitSeconds?: number;
}

/** Options for tests of the camera VM: a named skip where it cannot run, unless `CI` is set (see {@link needing}). */
export function needingCameraVm(): { readonly skip: string | false } {
  const { skip } = needing("qemu-system-x86_64", "busybox", "cpio", "gcc", "make", "ffmpeg", "v4l2-ctl", "udevadm");
  const hasHeaders =
    existsSync("/lib/modules") &&
    readdirSync("/lib/modules").some((name) => existsSync(join("/lib/modules", name, "build")));
  if (skip || hasHeaders || process.env["CI"]) return { skip };
  return { skip: "needs linux-headers-amd64" };
}

/** The folder with kernel, initrd and modules; made on the first call of a machine's life. Progress goes to stderr. */
export async function prepareCameraVm(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(join(repository, "test/camera-vm/prepare.sh"), (error, stdout, stderr) => {
      if (error) reject(new Error(`the camera VM cannot be prepared:\n${stderr}`));
      else resolve(stdout.trim());
    });
    child.stderr?.pipe(process.stderr);
  });
}

async function buildProgram(): Promise<void> {
  await promisify(execFile)(process.execPath, ["scripts/build.mjs", "--if-stale"], { cwd: repository });
}

/**
 * A real Linux kernel with cameras, under QEMU. It sees the host's files (read-only, at the same paths; what it writes is
 * forgotten), runs any number of commands at once as root, and shares {@link outDirectory} with the host.
 */
export class CameraVm {
  /** The same path in guest and host, writable on both sides, removed by {@link stop}. */
  readonly outDirectory: string;
  /** The prepared files (`uvc-gadget` among them), readable in the guest. */
  readonly preparedDirectory: string;
  readonly #directory: string;
  readonly #qemu: ChildProcess;
  readonly #monitor: QmpMonitor;
  readonly #agent: Socket;
  readonly #processes = new Map<number, GuestProcess>();
  #lastId = 0;

  private constructor(directory: string, prepared: string, qemu: ChildProcess, monitor: QmpMonitor, agent: Socket) {
    this.#directory = directory;
    this.outDirectory = join(directory, "out");
    this.preparedDirectory = prepared;
    this.#qemu = qemu;
    this.#monitor = monitor;
    this.#agent = agent;
    agent.on("error", () => {});
    agent.on("close", () => {
      for (const process of this.#processes.values()) process.lost(this.consoleTail());
    });
  }

  /** Boots a machine; resolves when it takes commands. No camera is there yet: `modprobe` makes them. */
  static async boot(options: CameraVmOptions = {}): Promise<CameraVm> {
    const prepared = await prepareCameraVm();
    if (process.env["SIGHTLINE_TEST_PROGRAM"] === undefined) await buildProgram();
    const directory = mkdtempSync(join(tmpdir(), "sightline-vm-"));
    mkdirSync(join(directory, "out"));
    const doors = [new UnixDoor(join(directory, "qmp")), new UnixDoor(join(directory, "agent"))] as const;
    await Promise.all(doors.map((door) => door.listen()));
    const qemu = spawnQemu(prepared, directory, options);
    try {
      return await connect(prepared, directory, qemu, doors);
    } catch (error) {
      qemu.kill();
      for (const door of doors) door.close();
      const tail = consoleTail(directory);
      rmSync(directory, { recursive: true, force: true });
      throw new Error(`the camera VM does not boot: ${tail}`, { cause: error });
    }

    async function connect(
      at: string,
      folder: string,
      process: ChildProcess,
      [qmp, line]: readonly [UnixDoor, UnixDoor],
    ): Promise<CameraVm> {
      const deadline = AbortSignal.any([AbortSignal.timeout(bootDeadlineMs), ended(process)]);
      const [monitorSocket, agentSocket] = await Promise.all([qmp.accept(deadline), line.accept(deadline)]);
      const monitor = new QmpMonitor(monitorSocket);
      await monitor.negotiate();
      const vm = new CameraVm(folder, at, process, monitor, agentSocket);
      await vm.#listen(deadline);
      return vm;
    }
  }

  /** Starts a command in the guest; `argv[0]` is looked up in PATH. */
  start(argv: readonly string[], cwd = repository): GuestProcess {
    const id = ++this.#lastId;
    const process = new GuestProcess(argv, (signal) => this.#ask({ op: "signal", id, signal }));
    this.#processes.set(id, process);
    this.#ask({ op: "run", id, argv, cwd });
    return process;
  }

  /** Runs a command to its end. Rejects when it fails or takes longer than `timeoutMs`. */
  async run(argv: readonly string[], timeoutMs = 60_000): Promise<GuestResult> {
    const process = this.start(argv);
    const result = await process.finished(timeoutMs);
    if (result.code !== 0)
      throw new Error(`${process.describe()} failed (${result.code ?? result.signal}): ${result.stderr}`);
    return result;
  }

  /** Runs a bash script; like {@link run}. */
  async shell(script: string, timeoutMs = 60_000): Promise<GuestResult> {
    return this.run(["bash", "-euo", "pipefail", "-c", script], timeoutMs);
  }

  /** Starts a compiled TypeScript file of this repository (`test/camera-vm/guest/viewer.ts`) with the host's own Node. */
  startNode(source: string, ...args: readonly string[]): GuestProcess {
    const script = join(compiled, relative(repository, join(repository, source)).replace(/\.ts$/, ".js"));
    return this.start([process.execPath, "--enable-source-maps", script, ...args]);
  }

  /** Starts the command `sightline` as it is shipped. */
  startSightline(...args: readonly string[]): GuestProcess {
    return this.start([process.execPath, program, ...args]);
  }

  /** Forwards a free port of 127.0.0.1 to a port of the guest. */
  async forward(guestPort: number): Promise<number> {
    return this.#monitor.forwardTcp("net0", guestPort);
  }

  /** The last lines that the guest's kernel printed. */
  consoleTail(): string {
    return consoleTail(this.#directory);
  }

  /** Ends the machine and forgets all it wrote. */
  async stop(): Promise<void> {
    if (this.#qemu.exitCode === null && this.#qemu.signalCode === null) {
      const exit = once(this.#qemu, "exit");
      this.#monitor.execute("quit").catch(() => this.#qemu.kill());
      await exit;
    }
    this.#agent.destroy();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #ask(request: AgentRequest): void {
    this.#agent.write(`${JSON.stringify(request)}\n`);
  }

  async #listen(deadline: AbortSignal): Promise<void> {
    const lines = createInterface({ input: this.#agent });
    // QEMU's end resets the line: the socket's "close" says all there is to say
    lines.on("error", () => {});
    const ready = once(lines, "line", { signal: deadline });
    lines.on("line", (line) => {
      const event = JSON.parse(line) as AgentEvent;
      if (event.event === "ready") return;
      this.#processes.get(event.id)?.take(event);
      if (event.event === "exit") this.#processes.delete(event.id);
    });
    await ready;
  }
}

function spawnQemu(prepared: string, directory: string, options: CameraVmOptions): ChildProcess {
  const out = join(directory, "out");
  const agent = join(compiled, "test/camera-vm/guest/agent.js");
  const kernelArguments = [
    "console=ttyS0 quiet panic=1 mitigations=off nowatchdog random.trust_cpu=on",
    `camera_vm_out=${out} camera_vm_modules=${prepared}/modules`,
    `camera_vm_node=${process.execPath} camera_vm_agent=${agent} camera_vm_path=${process.env["PATH"]}:/usr/sbin:/sbin`,
  ];
  const limit = String(options.limitSeconds ?? 3600);
  const child = spawn(
    "timeout",
    [
      ["--kill-after=5", limit, "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot"],
      ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", "2", "-m", String(options.memoryMib ?? 2048)],
      ["-display", "none", "-serial", `file:${join(directory, "console")}`],
      ["-kernel", join(prepared, "vmlinuz"), "-initrd", join(prepared, "initrd.gz")],
      ["-append", kernelArguments.join(" ")],
      ["-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"],
      ["-virtfs", `local,path=${out},mount_tag=out,security_model=none,multidevs=remap`],
      ["-netdev", "user,id=net0", "-device", "virtio-net-pci,netdev=net0,romfile="],
      ["-device", "virtio-serial-pci", "-chardev", `socket,id=agent,path=${join(directory, "agent")}`],
      ["-device", "virtserialport,chardev=agent,name=agent"],
      ["-chardev", `socket,id=qmp,path=${join(directory, "qmp")}`, "-mon", "chardev=qmp,mode=control"],
    ].flat(),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  child.on("error", () => {});
  return child;
}

function ended(process: ChildProcess): AbortSignal {
  const controller = new AbortController();
  process.once("exit", (code) => controller.abort(new Error(`QEMU ended with status ${code}`)));
  process.once("error", (error) => controller.abort(error));
  return controller.signal;
}

function consoleTail(directory: string): string {
  try {
    return readFileSync(join(directory, "console"), "utf8").split("\n").slice(-12).join("\n");
  } catch {
    return "";
  }
}
