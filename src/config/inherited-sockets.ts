import type { ConfigProblem } from "../core/errors.ts";

/** Listening sockets that the process was started with, by their descriptors (sd_listen_fds(3)). */
export interface InheritedSockets {
  readonly http?: number;
  readonly https?: number;
}

/** The first descriptor that is passed on. */
const FIRST = 3;

/**
 * What `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` say where they are meant for the process `pid`: a socket with `https` in its
 * name is HTTPS's, the other one HTTP's. More than one of a kind is a problem.
 */
export function readInheritedSockets(
  env: NodeJS.ProcessEnv,
  pid: number,
): { readonly sockets: InheritedSockets; readonly problems: readonly ConfigProblem[] } {
  if (env["LISTEN_PID"] !== String(pid)) return { sockets: {}, problems: [] };
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  const count = Number(env["LISTEN_FDS"] ?? 0);
  const sockets: { http?: number; https?: number } = {};
  const problems: ConfigProblem[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = /https/i.test(names[index] ?? "") ? "https" : "http";
    if (sockets[kind] === undefined) sockets[kind] = FIRST + index;
    else problems.push({ key: "LISTEN_FDS", value: count, allowed: `must have one socket for ${kind} at most` });
  }
  return { sockets, problems };
}
