import { lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { ConfigError, UnavailableError } from "../../core/errors.ts";

/** The keys of the configuration that name what is listened on, for errors. */
export interface ListenKeys {
  readonly host: string;
  readonly port: string;
}

const HTTP_KEYS: ListenKeys = { host: "server.host", port: "server.port" };
const BACKLOG = 511;

/**
 * Listens and resolves with the port. `::` means every address of this machine: where it has no IPv6, that is `0.0.0.0`.
 * Rejects with UnavailableError (port taken) or ConfigError (this address or port can never work), both in plain words.
 */
export async function listen(server: Server, host: string, port: number, keys = HTTP_KEYS): Promise<number> {
  try {
    return await listenOnce(server, { host, port });
  } catch (error) {
    const code = errorCode(error);
    const hasNoIpv6 = code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" || code === "EINVAL";
    if (host === "::" && hasNoIpv6) return listen(server, "0.0.0.0", port, keys);
    throw explain(error, host, port, keys);
  }
}

/**
 * Listens on a Unix socket that its owner and group may use. What is left of a server that was killed is removed. Rejects
 * like {@link listen}.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  try {
    await bindSocket(server, path);
  } catch (error) {
    if (errorCode(error) !== "EADDRINUSE" || !(await isAbandoned(path))) throw explainSocket(error, path);
    await unlink(path);
    await bindSocket(server, path).catch((again: unknown) => {
      throw explainSocket(again, path);
    });
  }
}

/** Listens on a socket that we were started with (systemd). */
export async function listenOnDescriptor(server: Server, fd: number): Promise<number> {
  try {
    return await listenOnce(server, { fd });
  } catch (error) {
    throw new UnavailableError(`descriptor ${fd}, which we were started with, is no socket to listen on`, 5, {
      cause: error,
    });
  }
}

/** Whether a listening server has a Unix socket, ours or one that we were started with. */
export function isOnUnixSocket(server: Server): boolean {
  const address = server.address();
  // Of an inherited Unix socket Node does not know the path.
  return typeof address === "string" || address === null;
}

/** Made with its mode: between making it and changing its mode somebody could connect. */
function bindSocket(server: Server, path: string): Promise<number> {
  const before = process.umask(0o117);
  try {
    return listenOnce(server, { path });
  } finally {
    process.umask(before);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error) => resolve(errorCode(error) === "ECONNREFUSED"));
  });
}

function listenOnce(
  server: Server,
  place: { readonly host: string; readonly port: number } | { readonly path: string } | { readonly fd: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once("error", failed);
    server.listen({ ...place, backlog: BACKLOG }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function explain(error: unknown, host: string, port: number, keys: ListenKeys): Error {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new UnavailableError(
        `port ${port} is taken by another program (to see which: sudo ss -ltnp 'sport = :${port}'); ` +
          `stop it or choose another port with ${keys === HTTP_KEYS ? "--port" : keys.port}`,
        5,
        { cause: error },
      );
    case "EACCES":
      return new ConfigError([
        { key: keys.port, value: port, allowed: "must be 1024 or more unless the process may bind lower ports" },
      ]);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
    case "EAFNOSUPPORT":
      return new ConfigError([
        { key: keys.host, value: host, allowed: 'must be an address of this machine, or "::" for all of them' },
      ]);
    default:
      return error instanceof Error ? error : new Error(String(error));
  }
}

function explainSocket(error: unknown, path: string): Error {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: "is in use by another program, or is no socket",
    EACCES: "cannot be made: no permission, or its folder does not exist", // libuv takes one for the other
  };
  const why = words[errorCode(error) ?? ""] ?? `cannot be made (${errorCode(error) ?? String(error)})`;
  return new ConfigError([{ key: "server.socket", value: path, allowed: why }]);
}

function errorCode(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
