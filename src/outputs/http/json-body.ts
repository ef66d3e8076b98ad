import type { IncomingMessage } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { ProtocolError } from "../../core/errors.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";

/** What a body may cost. */
export interface BodyLimits {
  readonly sizeBytes: number;
  /** From the first look at the body to its end. */
  readonly timeoutMs: number;
}

/** An answer to a client that is still sending is lost with the connection unless what it sends is read for a while. */
const LINGER_MS = 500;

const CLOSE = { headers: { Connection: "close" } };

/**
 * The request's body as JSON. Throws ProtocolError: 400 (not JSON, or cut off), 408 (too slow), 413 (too large), 415 (not
 * declared as JSON, which also keeps other sites' forms out).
 */
export async function readJson(request: IncomingMessage, limits: BodyLimits, clock: Clock): Promise<unknown> {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/(?:[a-z.-]+\+)?json *(?:;|$)/i.test(type)) {
    throw new HttpProblem(415, "the body must be JSON: Content-Type application/json", {
      headers: { Accept: "application/json" },
    });
  }
  const bytes = await readBody(request, limits, clock);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new ProtocolError("the body is not valid JSON", 400, { cause: error });
  }
}

async function readBody(request: IncomingMessage, limits: BodyLimits, clock: Clock): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const tooLarge = new HttpProblem(413, `the body must not be larger than ${limits.sizeBytes} bytes`, CLOSE);
  const tooSlow = new HttpProblem(408, `the body did not arrive within ${limits.timeoutMs} ms`, CLOSE);
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limits.sizeBytes) {
    await drain(request, limits.sizeBytes * 16, clock);
    throw tooLarge;
  }
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      cancel();
      request.off("data", take).off("end", end).off("close", cutOff);
      finish();
    };
    const take = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limits.sizeBytes) chunks.push(chunk);
      else settle(() => void drain(request, limits.sizeBytes * 16, clock).then(() => reject(tooLarge)));
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const cutOff = (): void => settle(() => reject(new ProtocolError("the body was cut off")));
    const cancel = clock.after(limits.timeoutMs, () => settle(() => reject(tooSlow)));
    request.on("data", take).on("end", end).on("close", cutOff);
  });
}

/** Reads and forgets until the body ends, `sizeBytes` came or a moment passed. */
function drain(request: IncomingMessage, sizeBytes: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let left = sizeBytes;
    const done = (): void => {
      cancel();
      request.off("data", take).off("end", done).off("close", done);
      resolve();
    };
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left <= 0) done();
    };
    const cancel = clock.after(LINGER_MS, done);
    request.on("data", take).on("end", done).on("close", done);
  });
}
