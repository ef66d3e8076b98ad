import type { Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { addressGroup, plainAddress } from "./address-group.ts";
import { Admission, type ConnectionLimits, type Place } from "./admission.ts";
import { HttpTally } from "./http-tally.ts";
import type { TokenBuckets } from "./token-buckets.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";

/** A reserved place is for one short answer: after this it is taken back. */
const RESERVED_PLACE_MS = 5000;
/** Connections are looked through this often for clients that do not take their answers. */
const SWEEP_MS = 2000;

interface Connection {
  readonly place: Place;
  /** Gives its place back; at its end at the latest. */
  readonly leave: () => void;
  readonly isUnixSocket: boolean;
  /** The answer being made, if any, and since when. */
  response: ServerResponse | undefined;
  sinceNs: bigint;
  /** The answer goes on until somebody ends it. */
  isStream: boolean;
  /** It was told why it is turned away: nothing further is written to it. */
  isRefused: boolean;
  /** What it sends further is not looked at: it is too much, or may not be what it seems. */
  isDistrusted: boolean;
}

/** What {@link Connections} go by. */
export interface ConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly proxies: TrustedProxies;
  /** New connections by address group; once they are used up, a few more for the doors with reserved room. */
  readonly arrivals: { readonly ordinary: TokenBuckets; readonly reserved: TokenBuckets };
  /** TLS handshakes by address group. */
  readonly handshakes: TokenBuckets;
  /** How long a client may take for taking an answer that has an end. */
  readonly answerMs: number;
  readonly clock: Clock;
}

/** The open connections of all listeners, each with its place. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #admission: Admission;
  /** Sockets as they were accepted. */
  readonly #open = new Map<Socket, Connection>();
  /** By the sockets that HTTP is spoken on: the accepted ones, or those that decrypt for them. */
  readonly #spoken = new WeakMap<Socket, Connection>();
  /** TLS connections whose handshake is under way. */
  readonly #handshaking = new Map<string, Connection>();
  readonly tally: HttpTally;
  #cancelSweep: (() => void) | undefined;

  constructor(options: ConnectionsOptions) {
    const admission = new Admission(options.limits);
    this.#admission = admission;
    this.#options = options;
    this.tally = new HttpTally(() => admission.open);
  }

  /** Gives every new connection of `server` a place, or closes it. */
  watch(server: HttpServer, isUnixSocket = false): void {
    server.on("connection", (socket) => {
      const connection = this.#mayCome(socket) ? this.#enter(socket, isUnixSocket) : undefined;
      if (connection) this.#spoken.set(socket, connection);
    });
  }

  /** The same for connections that begin with a TLS handshake: it has its place from its first packet on. */
  watchEncrypted(server: HttpsServer): void {
    server.on("connection", (socket: Socket) => {
      const name = endpoints(socket);
      const connection = this.#mayShakeHands(socket) ? this.#enter(socket, false) : undefined;
      if (!connection) return;
      this.#handshaking.set(name, connection);
      socket.once("close", () => this.#handshaking.delete(name));
    });
    server.on("secureConnection", (socket) => {
      const name = endpoints(socket);
      const connection = this.#handshaking.get(name);
      this.#handshaking.delete(name);
      if (connection) this.#spoken.set(socket, connection);
      else socket.destroy();
    });
    server.on("tlsClientError", () => this.tally.refused("handshake"));
  }

  /** The place of a connection that HTTP is spoken on. */
  placeOf(socket: Socket): Place | undefined {
    return this.#spoken.get(socket)?.place;
  }

  isUnixSocket(socket: Socket): boolean {
    return this.#spoken.get(socket)?.isUnixSocket === true;
  }

  /** Notes that `response` is being made on its connection. */
  answering(response: ServerResponse): void {
    const connection = response.socket ? this.#spoken.get(response.socket) : undefined;
    if (!connection) return;
    connection.response = response;
    connection.sinceNs = this.#options.clock.monotonicNs();
  }

  /** Notes that the answer being made on this connection has no end of its own. */
  streaming(socket: Socket): void {
    const connection = this.#spoken.get(socket);
    if (connection) connection.isStream = true;
  }

  /** Notes that a refusal was written to this connection, beside whatever request is under way. */
  refuse(socket: Socket): void {
    const connection = this.#spoken.get(socket);
    if (connection) connection.isRefused = true;
  }

  isRefused(socket: Socket): boolean {
    return this.#spoken.get(socket)?.isRefused === true;
  }

  /** Notes that no further request of this connection is to be looked at; the answer to this one ends it. */
  distrust(socket: Socket): void {
    const connection = this.#spoken.get(socket);
    if (connection) connection.isDistrusted = true;
  }

  isDistrusted(socket: Socket): boolean {
    return this.#spoken.get(socket)?.isDistrusted === true;
  }

  /** Whether an answer has begun and is not finished: nothing else may be written to this connection. */
  isMidAnswer(socket: Socket): boolean {
    const response = this.#spoken.get(socket)?.response;
    return response !== undefined && response.headersSent && !response.writableFinished;
  }

  /** Ends every connection without waiting. */
  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #enter(socket: Socket, isUnixSocket: boolean): Connection | undefined {
    const address = plainAddress(socket.remoteAddress);
    const standsForMany = isUnixSocket || this.#options.proxies.has(address);
    const group = addressGroup(address);
    const enter = (): Place | undefined => this.#admission.enter(group, standsForMany);
    const ownOnly = !standsForMany && this.#admission.hasReservedShare(group);
    const place = enter() ?? (this.#makeReservedRoom(ownOnly ? group : undefined) ? enter() : undefined);
    if (!place) {
      this.tally.refused("full");
      socket.destroy();
      return undefined;
    }
    const cancel = place.limitMet && this.#options.clock.after(RESERVED_PLACE_MS, () => socket.destroy());
    const connection: Connection = {
      place,
      leave: () => {
        cancel?.();
        this.#leave(socket, place);
      },
      isUnixSocket,
      response: undefined,
      sinceNs: 0n,
      isStream: false,
      isRefused: false,
      isDistrusted: false,
    };
    this.#open.set(socket, connection);
    socket.once("close", connection.leave);
    this.#cancelSweep ??= this.#options.clock.after(SWEEP_MS, () => this.#sweep());
    return connection;
  }

  /**
   * A reserved place is for whoever asks at once: the one who has kept silent longest makes room, one of the same address
   * where that has its share already.
   */
  #makeReservedRoom(address: string | undefined): boolean {
    for (const [socket, { place, response, leave }] of this.#open) {
      if (!place.limitMet || response || (address !== undefined && place.address !== address)) continue;
      leave();
      socket.destroy();
      this.tally.refused("full");
      return true;
    }
    return false;
  }

  #leave(socket: Socket, place: Place): void {
    if (!this.#open.delete(socket)) return;
    this.#admission.leave(place);
    if (this.#open.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }

  /** What is closed here costs next to nothing, however often somebody comes back. */
  #mayCome(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (address === "" || this.#options.proxies.has(address)) return true;
    const group = addressGroup(address);
    const { ordinary, reserved } = this.#options.arrivals;
    if (ordinary.take(group) || reserved.take(group)) return true;
    this.tally.refused("rate");
    socket.destroy();
    return false;
  }

  #mayShakeHands(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress);
    if (this.#options.proxies.has(address) || this.#options.handshakes.take(addressGroup(address))) return true;
    this.tally.refused("handshake-rate");
    socket.destroy();
    return false;
  }

  /** Who asks for an answer and does not take it would keep it in our memory for ever. */
  #sweep(): void {
    const sinceNs = this.#options.clock.monotonicNs() - BigInt(this.#options.answerMs) * 1_000_000n;
    for (const [socket, { response, sinceNs: begunNs, isStream }] of this.#open) {
      if (!response || isStream || response.closed || response.writableFinished || begunNs > sinceNs) continue;
      if (!response.headersSent) continue;
      this.tally.refused("slow-reader");
      socket.destroy();
    }
    this.#cancelSweep = this.#open.size > 0 ? this.#options.clock.after(SWEEP_MS, () => this.#sweep()) : undefined;
  }
}

/** What tells one open TCP connection from every other; the same for a socket and for the one that decrypts for it. */
function endpoints({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
