import { connect, type Socket } from "node:net";
import { MixedReplaceDecoder, mjpegBoundary, type Part } from "../../src/protocol/multipart/mixed-replace.ts";

/** One viewer of an MJPEG stream on a real socket. */
export interface MjpegClient {
  readonly socket: Socket;
  /** Status line and headers, raw. */
  readonly head: string;
  /** The next part, as soon as it is whole. Rejects when the stream ends first. */
  next(): Promise<Part>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** How a viewer differs from the plainest one. */
export interface MjpegClientOptions {
  /** An address of this machine to come from. */
  readonly localAddress?: string;
  /** Name and password, for Basic. */
  readonly login?: string;
}

/** Asks `port` of 127.0.0.1 for `path`; resolves with the answer's head and reads parts from then on. */
export async function watchMjpeg(
  port: number,
  path: string,
  { login, ...from }: MjpegClientOptions = {},
): Promise<MjpegClient> {
  const socket = connect({ port, host: "127.0.0.1", ...from });
  const credentials = login === undefined ? "" : `Authorization: Basic ${Buffer.from(login).toString("base64")}\r\n`;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${credentials}\r\n`);
  const parts: Part[] = [];
  const waiting: { resolve: (part: Part) => void; reject: (error: Error) => void }[] = [];
  const decoder = new MixedReplaceDecoder(mjpegBoundary, 16 * 1024 * 1024);
  const feed = (chunk: Buffer): void => {
    for (const part of decoder.push(chunk)) {
      const first = waiting.shift();
      if (first) first.resolve(part);
      else parts.push(part);
    }
  };
  const ended = new Promise<void>((resolve) => {
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const viewer of waiting.splice(0)) viewer.reject(new Error("the stream ended"));
      resolve();
    });
  });
  const head = await readHead(socket, feed);
  return {
    socket,
    head,
    ended,
    next: () =>
      new Promise((resolve, reject) => {
        const part = parts.shift();
        if (part) resolve(part);
        else if (socket.destroyed) reject(new Error("the stream ended"));
        else waiting.push({ resolve, reject });
      }),
    close: () => socket.destroy(),
  };
}

function readHead(socket: Socket, feed: (chunk: Buffer) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let pending = Buffer.alloc(0);
    let done = false;
    socket.once("close", () => reject(new Error(`no answer but ${JSON.stringify(pending.toString("latin1"))}`)));
    socket.on("data", (chunk: Buffer) => {
      if (done) {
        feed(chunk);
        return;
      }
      pending = Buffer.concat([pending, chunk]);
      const end = pending.indexOf("\r\n\r\n");
      if (end === -1) return;
      done = true;
      resolve(pending.toString("latin1", 0, end));
      feed(pending.subarray(end + 4));
    });
  });
}
