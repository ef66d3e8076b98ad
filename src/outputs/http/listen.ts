import type { AddressInfo, Server } from "node:net";
import { ConfigError, UnavailableError } from "../../core/errors.ts";

/**
 * Listens and resolves with the port. `::` means every address of this machine: where it has no IPv6, that is `0.0.0.0`.
 * Rejects with UnavailableError (port taken) or ConfigError (this address or port can never work), both in plain words.
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    return await listenOnce(server, host, port);
  } catch (error) {
    const code = errorCode(error);
    const hasNoIpv6 = code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" || code === "EINVAL";
    if (host === "::" && hasNoIpv6) return listen(server, "0.0.0.0", port);
    throw explain(error, host, port);
  }
}

function listenOnce(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once("error", failed);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: unknown, host: string, port: number): Error {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new UnavailableError(
        `port ${port} is taken by another program (to see which: sudo ss -ltnp 'sport = :${port}'); ` +
          `stop it or choose another port with --port`,
        5,
        { cause: error },
      );
    case "EACCES":
      return new ConfigError([
        { key: "server.port", value: port, allowed: "must be 1024 or more unless the process may bind lower ports" },
      ]);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
    case "EAFNOSUPPORT":
      return new ConfigError([
        { key: "server.host", value: host, allowed: 'must be an address of this machine, or "::" for all of them' },
      ]);
    default:
      return error instanceof Error ? error : new Error(String(error));
  }
}

function errorCode(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
