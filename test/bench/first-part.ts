import { connect } from "node:net";

const headEnd = "\r\n\r\n";

/**
 * Waits for the first whole part of a multipart stream whose parts tell their Content-Length. An answer other than 200
 * has none.
 */
export class FirstPart {
  #pending: Buffer = Buffer.alloc(0);
  #missing: number | undefined;
  #refused = false;

  /** Takes what came over the connection, cut anywhere; true as soon as the first part with a body is whole. */
  push(chunk: Buffer): boolean {
    if (this.#missing !== undefined) this.#missing -= chunk.length;
    else this.#readHeads(Buffer.concat([this.#pending, chunk]));
    return this.#missing !== undefined && this.#missing <= 0;
  }

  /** Skips headers without a length (the response's own) up to the first with one. */
  #readHeads(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(headEnd); end >= 0 && !this.#refused; end = bytes.indexOf(headEnd, start)) {
      const head = bytes.toString("latin1", start, end);
      start = end + headEnd.length;
      this.#refused = /^HTTP\/\S+ (?!200)/.test(head);
      const length = /^content-length:\s*(\d+)/im.exec(head)?.[1];
      if (length === undefined || this.#refused) continue;
      this.#missing = Number(length) - (bytes.length - start);
      return;
    }
    this.#pending = bytes.subarray(start);
  }
}

/**
 * One attempt to watch a stream of 127.0.0.1, with this `Authorization` if any: resolves to true with the first whole picture, to false when there is
 * nobody, or the answer ends without one.
 */
export function watchFirstPart(port: number, path: string, authorization?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const part = new FirstPart();
    const credentials = authorization === undefined ? "" : `Authorization: ${authorization}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${credentials}Connection: close\r\n\r\n`);
    socket.on("error", () => undefined); // 'close' follows
    socket.on("data", (chunk) => {
      if (!part.push(chunk)) return;
      resolve(true);
      socket.destroy();
    });
    socket.on("close", () => resolve(false));
  });
}
