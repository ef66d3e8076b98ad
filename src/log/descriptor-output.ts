import { write, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { systemClock } from "../core/clock.ts";
import { closeDeadlineMs, maxBufferedBytes, type LogOutput } from "./log-output.ts";

const retryMs = 50;

/**
 * Lines to an open descriptor (2 is standard error), written in order and off the event loop. When the reader goes away
 * they are dropped in silence, when it is slow they wait up to `maxBufferedBytes`. The descriptor stays open.
 */
export class DescriptorOutput implements LogOutput {
  readonly isTerminal: boolean;
  readonly #descriptor: number;
  #waiting = "";
  #isWriting = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.isTerminal = isatty(descriptor);
  }

  write(line: string): void {
    if (this.#isClosed || this.#waiting.length + line.length > maxBufferedBytes) return;
    this.#waiting += line;
    if (!this.#isWriting) this.#next();
  }

  flush(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    try {
      for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#descriptor, bytes, offset);
    } catch {
      // The reader is gone or takes no more: nobody is left to be told.
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = systemClock.after(closeDeadlineMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  #next(): void {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    this.#isWriting = bytes.length > 0;
    if (this.#isWriting) this.#write(bytes);
    else this.#onIdle?.();
  }

  #write(bytes: Buffer): void {
    write(this.#descriptor, bytes, (error, written) => {
      if (error?.code === "EAGAIN") systemClock.after(retryMs, () => this.#write(bytes));
      else if (!error && written < bytes.length) this.#write(bytes.subarray(written));
      else this.#next();
    });
  }
}
