import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { addressGroup, plainAddress } from "./address-group.ts";
import { Admission, type ConnectionLimits, type Place } from "./admission.ts";
import { Arrivals, type ArrivalRates } from "./arrivals.ts";
import { Connection } from "./connection.ts";
import { HttpTally } from "./http-tally.ts";
import { isOnUnixSocket } from "./listen.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";

/** A reserved place is for one short answer: after this it is taken back. */
const RESERVED_PLACE_MS = 5000;
/** Connections are looked through this often for clients that do not take their answers. */
const SWEEP_MS = 2000;

/** What {@link Connections} go by. */
export interface ConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly proxies: TrustedProxies;
  readonly rates: ArrivalRates;
  /** How long a client may take for taking an answer that has an end. */
  readonly answerMs: number;
  readonly clock: Clock;
}

/** The open connections of all listeners, each with its place. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #admission: Admission;
  readonly #arrivals: Arrivals;
  /** Sockets as they were accepted. */
  readonly #open = new Map<Socket, Connection>();
  /** By the sockets that HTTP is spoken on: the accepted ones, or those that decrypt for them. */
  readonly #spoken = new WeakMap<Socket, Connection>();
  /** TLS connections whose handshake is under way, by their endpoints; one that is still here when it closes has failed. */
  readonly #handshaking = new Map<string, Connection>();
  readonly tally: HttpTally;
  #cancelSweep: (() => void) | undefined;

  constructor(options: ConnectionsOptions) {
    const admission = new Admission(options.limits);
    this.#admission = admission;
    this.#options = options;
    this.tally = new HttpTally(() => admission.open);
    this.#arrivals = new Arrivals(options.rates, options.proxies, this.tally);
  }

  /** Gives every new connection of `server` a place, or closes it. */
  watch(server: HttpServer): void {
    let isUnixSocket = false;
    server.on("listening", () => (isUnixSocket = isOnUnixSocket(server)));
    server.on("connection", (socket) => {
      const connection = this.#arrivals.mayCome(socket) ? this.#enter(socket, isUnixSocket) : undefined;
      if (connection) this.#spoken.set(socket, connection);
    });
  }

  /** The same for connections that begin with a TLS handshake: it has its place from its first packet on. */
  watchEncrypted(server: HttpsServer): void {
    server.on("connection", (socket: Socket) => {
      const name = endpoints(socket);
      const connection = this.#arrivals.mayShakeHands(socket) ? this.#enter(socket, false) : undefined;
      if (!connection) return;
      this.#handshaking.set(name, connection);
      socket.once("close", () => {
        if (this.#handshaking.delete(name)) this.tally.refused("handshake");
      });
    });
    server.on("secureConnection", (socket) => {
      const name = endpoints(socket);
      const connection = this.#handshaking.get(name);
      this.#handshaking.delete(name);
      if (connection) this.#spoken.set(socket, connection);
      else socket.destroy();
    });
  }

  /** The connection that HTTP is spoken on by this socket; undefined where it was closed at once. */
  of(socket: Socket): Connection | undefined {
    return this.#spoken.get(socket);
  }

  /** Ends every connection without waiting. */
  destroyAll(): void {
    this.#handshaking.clear();
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
    const connection = new Connection(place, isUnixSocket, () => {
      cancel?.();
      this.#leave(socket, place);
    });
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
    for (const [socket, { place, hasAsked, leave }] of this.#open) {
      if (!place.limitMet || hasAsked || (address !== undefined && place.address !== address)) continue;
      leave();
      this.#handshaking.delete(endpoints(socket));
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

  /** Who asks for an answer and does not take it would keep it in our memory for ever. */
  #sweep(): void {
    const sinceNs = this.#options.clock.monotonicNs() - BigInt(this.#options.answerMs) * 1_000_000n;
    for (const [socket, connection] of this.#open) {
      if (!connection.isSlowReader(sinceNs)) continue;
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
