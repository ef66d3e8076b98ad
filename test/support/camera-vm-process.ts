import type { AgentEvent } from "../camera-vm/guest/agent.ts";

/** How a command in the guest ended. Times are the guest's CLOCK_MONOTONIC in nanoseconds. */
export interface GuestResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly startedNs: bigint;
  readonly endedNs: bigint;
}

type OwnEvent = Exclude<AgentEvent, { event: "ready" }>;

/** A command that runs in the guest. */
export class GuestProcess {
  readonly #argv: readonly string[];
  readonly #signal: (signal: NodeJS.Signals) => void;
  readonly #text = { stdout: "", stderr: "" };
  readonly #listeners = new Set<() => void>();
  #outputs: Record<"stdout" | "stderr", NodeJS.WritableStream> | undefined;
  #pid = 0;
  #startedNs = 0n;
  #result: GuestResult | undefined;
  #lost: Error | undefined;

  constructor(argv: readonly string[], signal: (signal: NodeJS.Signals) => void) {
    this.#argv = argv;
    this.#signal = signal;
  }

  /** The process id in the guest; 0 before it started. */
  get pid(): number {
    return this.#pid;
  }

  get stdout(): string {
    return this.#text.stdout;
  }

  get stderr(): string {
    return this.#text.stderr;
  }

  /** Undefined while it runs. */
  get result(): GuestResult | undefined {
    return this.#result;
  }

  describe(): string {
    return this.#argv.join(" ");
  }

  /** Sends `signal` to the command and all its children. */
  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    this.#signal(signal);
  }

  /** Ends the command, the hard way when it does not listen, and waits until it is gone. */
  async end(patienceMs = 10_000): Promise<GuestResult> {
    this.kill("SIGTERM");
    try {
      return await this.finished(patienceMs);
    } catch {
      this.kill("SIGKILL");
      return this.finished(10_000);
    }
  }

  /** Waits for the end; rejects after `timeoutMs`. */
  async finished(timeoutMs: number): Promise<GuestResult> {
    return this.until(() => this.#result, timeoutMs, "to end");
  }

  /** Waits until what it printed (output, else errors) is accepted by `wanted`; rejects when it ends or is late. */
  async line(wanted: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    return this.until(
      () => wanted.exec(this.stdout) ?? wanted.exec(this.stderr) ?? undefined,
      timeoutMs,
      `to print ${wanted}`,
    );
  }

  /**
   * Waits until `probe`, asked again whenever the command prints something or ends, answers with a value. Rejects when
   * the time is over, and when the command has ended without it.
   */
  async until<T>(probe: () => T | undefined, timeoutMs: number, purpose: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        act();
      };
      const look = (): void => {
        const value = probe();
        if (value !== undefined) finish(() => resolve(value));
        else if (this.#lost) finish(() => reject(this.#lost));
        else if (this.#result)
          finish(() => reject(this.#complaint(`ended (${this.#result?.code}), was expected ${purpose}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(this.#complaint(`did not come ${purpose} within ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#listeners.add(look);
      look();
    });
  }

  /** Copies what it prints from now on. */
  pipe(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): void {
    this.#outputs = { stdout, stderr };
  }

  /** For the machine alone: something happened to the command. */
  take(event: OwnEvent): void {
    if (event.event === "started") {
      this.#pid = event.pid;
      this.#startedNs = BigInt(event.atNs);
    } else if (event.event === "output") {
      this.#text[event.stream] += event.text;
      this.#outputs?.[event.stream].write(event.text);
    } else {
      const { code, signal } = event;
      this.#result = { code, signal, ...this.#text, startedNs: this.#startedNs, endedNs: BigInt(event.atNs) };
    }
    this.#tell();
  }

  /** For the machine alone: it went away under the command. */
  lost(consoleTail: string): void {
    this.#lost = new Error(`the camera VM ended while it ran ${this.describe()}: ${consoleTail}`);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #complaint(what: string): Error {
    const tail = (text: string): string => text.slice(-2000);
    return new Error(`${this.describe()} ${what}\nstdout: ${tail(this.stdout)}\nstderr: ${tail(this.stderr)}`);
  }
}
