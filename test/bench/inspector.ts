import { once } from "node:events";
import { WebSocket } from "ws";
import { until } from "../support/wait.ts";
import type { RunningServer } from "./bench-server.ts";

/** What Node needs to be told to be looked into. */
export const inspectorArgs: readonly string[] = ["--inspect=127.0.0.1:0"];

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A connection to the V8 inspector of a running process (Chrome DevTools Protocol). */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#settle(JSON.parse(data.toString()) as Answer));
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the inspector is gone"));
    });
  }

  /** To a server that was started with {@link inspectorArgs}. */
  static async connect(server: RunningServer): Promise<Inspector> {
    const address = async (): Promise<string | undefined> => /ws:\/\/\S+/.exec(await server.log())?.[0];
    const socket = new WebSocket(await until(address, "the inspector's address"), { perMessageDeflate: false });
    await once(socket, "open");
    return new Inspector(socket);
  }

  /** Rejects with what the inspector has against it. */
  call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
