import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { InheritedSockets } from "../../config/inherited-sockets.ts";
import type { Clock } from "../../core/clock.ts";
import { ConfigError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { CertificateFiles } from "./certificate-files.ts";
import { answerClientErrors } from "./client-errors.ts";
import type { Connections } from "./connections.ts";
import type { HttpsOptions } from "./http-options.ts";
import type { HttpTimeouts } from "./http-timeouts.ts";
import { isOnUnixSocket, listen, listenOnDescriptor, listenOnSocket } from "./listen.ts";
import { createEncryptedServer, createPlainServer, secureContextOptions } from "./listener.ts";

const HTTPS_KEYS = { host: "server.host", port: "server.https.port" };

/** Where to listen, and what all listeners share. */
export interface ListenersOptions {
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
  readonly https?: HttpsOptions;
  readonly inherited?: InheritedSockets;
  readonly timeouts: HttpTimeouts;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly log: Log;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The sockets that one server listens on: plain HTTP, and HTTPS where there is a certificate. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #certificate: CertificateFiles | undefined;
  #servers: (Server | HttpsServer)[] = [];
  #port = 0;
  #httpsPort = 0;

  constructor(options: ListenersOptions) {
    const { https, clock, log } = options;
    this.#options = options;
    this.#certificate = https && new CertificateFiles(https, clock, log);
  }

  /** 0 before {@link open}, and on a Unix socket. */
  get port(): number {
    return this.#port;
  }

  /** 0 before {@link open}, and without a certificate. */
  get httpsPort(): number {
    return this.#httpsPort;
  }

  /** Listens everywhere or nowhere. HTTPS first: what cannot work is known before anybody is let in. */
  async open(handle: Handle): Promise<void> {
    try {
      await this.#openEncrypted(handle);
      await this.#openPlain(handle);
    } catch (error) {
      await Promise.all(this.close());
      throw error;
    }
  }

  /** Takes no more connections; one promise for each socket, resolved when its last connection has ended. */
  close(): Promise<void>[] {
    this.#certificate?.stop();
    const servers = this.#servers.filter(({ listening }) => listening);
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of servers) server.closeIdleConnections();
    return closed;
  }

  async #openPlain(handle: Handle): Promise<void> {
    const { host, port, socket, inherited, timeouts, connections } = this.#options;
    const server = createPlainServer(timeouts, handle);
    connections.watch(server);
    this.#adopt(server);
    if (inherited?.http !== undefined) this.#port = await listenOnDescriptor(server, inherited.http);
    else if (socket !== undefined) await listenOnSocket(server, socket);
    else this.#port = await listen(server, host, port);
    this.#reportErrors(server);
  }

  async #openEncrypted(handle: Handle): Promise<void> {
    const { host, https, inherited, timeouts, connections } = this.#options;
    if (!https || !this.#certificate) {
      if (inherited?.https !== undefined)
        throw uselessSocket(inherited.https, "is for HTTPS: server.https.cert is needed");
      return;
    }
    const server = createEncryptedServer(timeouts, await this.#certificate.read(), handle);
    connections.watchEncrypted(server);
    this.#adopt(server);
    if (inherited?.https === undefined) this.#httpsPort = await listen(server, host, https.port, HTTPS_KEYS);
    else this.#httpsPort = await listenOnDescriptor(server, inherited.https);
    if (isOnUnixSocket(server)) throw uselessSocket(inherited?.https, "is for HTTPS, which needs a TCP port");
    this.#reportErrors(server);
    this.#certificate.follow((context) => server.setSecureContext(secureContextOptions(context)));
  }

  #adopt(server: Server | HttpsServer): void {
    answerClientErrors(server, this.#options.connections, this.#options.clock);
    this.#servers.push(server);
  }

  #reportErrors(server: Server | HttpsServer): void {
    server.on("error", (error) => this.#options.log.error({ err: error }, "the HTTP listener failed"));
  }
}

/** Of a socket that we were started with, in the words of systemd's units. */
function uselessSocket(fd: number | undefined, why: string): ConfigError {
  return new ConfigError([{ key: "LISTEN_FDS", value: fd, allowed: `the socket with this descriptor ${why}` }]);
}
