import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "./home-assistant-process.ts";
import { until } from "./wait.ts";

/** A real broker on 127.0.0.1, with a folder of its own. */
export class Mosquitto {
  readonly port: number;
  /** For certificates and password files; removed by {@link stop}. */
  readonly directory: string;
  readonly #lines: readonly string[];
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(port: number, directory: string, lines: readonly string[]) {
    this.port = port;
    this.directory = directory;
    this.#lines = lines;
  }

  /**
   * Starts a broker; `configure` gives further lines of mosquitto.conf (the listener is there already). Without a line that says
   * otherwise everybody is let in, and what is retained is gone when the broker ends.
   */
  static async start(configure: (directory: string) => readonly string[] = () => []): Promise<Mosquitto> {
    const directory = mkdtempSync(join(tmpdir(), "sightline-broker-"));
    const broker = new Mosquitto(await findFreePort(), directory, configure(directory));
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** All that it said so far, restarts included. */
  log(): string {
    return this.#log;
  }

  /** Starts it again, at the same port; resolves when it listens. */
  async start(): Promise<void> {
    const file = join(this.directory, "mosquitto.conf");
    const access = this.#lines.some((line) => line.startsWith("allow_anonymous")) ? [] : ["allow_anonymous true"];
    writeFileSync(file, [`listener ${this.port} 127.0.0.1`, "user root", ...access, ...this.#lines, ""].join("\n"));
    const child = spawn("mosquitto", ["-v", "-c", file], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
    }
    this.#process = child;
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`mosquitto ended (${child.exitCode}): ${this.#log}`);
        return isOpen(this.port);
      },
      "mosquitto to listen",
      10_000,
    );
  }

  /** Sends it a signal: SIGKILL, or SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends it; resolves when it has ended. It can be started again. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await exit;
  }

  /** Ends it and forgets all. */
  async stop(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
