import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface QmpAnswer {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** Listens on a unix socket and waits for the one connection that QEMU makes to it. */
export class UnixDoor {
  readonly path: string;
  readonly #server: Server;

  constructor(path: string) {
    this.path = path;
    this.#server = createServer();
  }

  async listen(): Promise<void> {
    this.#server.listen(this.path);
    await once(this.#server, "listening");
  }

  /** The connection; no other one is taken. Rejects when `signal` aborts before it came. */
  async accept(signal: AbortSignal): Promise<Socket> {
    const [socket] = (await once(this.#server, "connection", { signal })) as [Socket];
    this.#server.close();
    return socket;
  }

  close(): void {
    this.#server.close();
  }
}

/** QEMU's monitor: what changes the machine from outside while it runs. */
export class QmpMonitor {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: QmpAnswer) => void>();
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => {
      const answer = JSON.parse(line) as QmpAnswer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
    lines.on("error", () => {});
    socket.on("error", () => {});
  }

  /** Must come before every other command. */
  async negotiate(): Promise<void> {
    await this.execute("qmp_capabilities");
  }

  /** Runs one QMP command; rejects with QEMU's own words. */
  async execute(command: string, args: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = await new Promise<QmpAnswer>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#socket.once("close", () => reject(new Error(`QEMU ended before it answered ${command}`)));
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
    this.#waiting.delete(id);
    if (answer.error) throw new Error(`${command}: ${answer.error.desc}`);
    return answer.return;
  }

  /** Forwards a free TCP port of 127.0.0.1 to `guestPort`; resolves to the port that the kernel picked. */
  async forwardTcp(network: string, guestPort: number): Promise<number> {
    await this.#human(`hostfwd_add ${network} tcp:127.0.0.1:0-:${guestPort}`);
    const table = await this.#human("info usernet");
    const row = new RegExp(`TCP\\[HOST_FORWARD\\]\\s+\\d+\\s+127\\.0\\.0\\.1\\s+(\\d+)\\s+\\S+\\s+${guestPort}\\s`);
    const port = row.exec(table)?.[1];
    if (port === undefined) throw new Error(`QEMU did not forward port ${guestPort}: ${table}`);
    return Number(port);
  }

  async #human(line: string): Promise<string> {
    return String(await this.execute("human-monitor-command", { "command-line": line }));
  }
}
