import type { Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { createProblem, PROBLEM_TYPE } from "../../protocol/http/problem.ts";
import type { Connections } from "./connections.ts";
import type { RefusalCause } from "./http-tally.ts";

/** How long a refused client may take to read why. */
const LINGER_MS = 1000;

interface Refusal {
  readonly status: number;
  readonly detail: string;
  readonly cause: RefusalCause;
}

/** Answers, as problem JSON, what never became a request: headers that are slow, too large or no HTTP at all. */
export function answerClientErrors(server: Server | HttpsServer, connections: Connections, clock: Clock): void {
  server.on("clientError", (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket;
    const connection = connections.of(socket);
    const refusal = toRefusal(error.code);
    if (!refusal || !socket.writable || connection?.isMidAnswer || connection?.isRefused) {
      socket.destroy();
      return;
    }
    connection?.refuse();
    connections.tally.refused(refusal.cause);
    connections.tally.answered(refusal.status);
    // The rest of what the client sends is read and forgotten, else the reset would overtake the answer.
    socket.resume();
    const cancel = clock.after(LINGER_MS, () => socket.destroy());
    socket.once("close", cancel);
    socket.end(formatAnswer(refusal));
  });
}

function toRefusal(code: string | undefined): Refusal | undefined {
  if (code === "HPE_HEADER_OVERFLOW") {
    return { status: 431, detail: "the request's headers are too large", cause: "headers-too-large" };
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return { status: 408, detail: "the request did not arrive in time", cause: "timeout" };
  }
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") {
    return { status: 413, detail: "the body's chunk extensions are too large", cause: "body-too-large" };
  }
  if (code === "HPE_INVALID_EOF_STATE") return undefined; // it hung up: nobody to answer, and no attack
  if (code?.startsWith("HPE_")) return { status: 400, detail: "this is not an HTTP request", cause: "malformed" };
  return undefined;
}

function formatAnswer({ status, detail }: Refusal): string {
  const problem = createProblem(status, detail);
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
