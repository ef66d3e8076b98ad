import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { Admission, type ConnectionLimits, type Place } from "./admission.ts";
import { HttpTally } from "./http-tally.ts";

/** A reserved place is for one short answer: after this it is taken back. */
const RESERVED_PLACE_MS = 5000;

interface Connection {
  readonly place: Place;
  /** The answer being made, if any. */
  response: ServerResponse | undefined;
}

/** The open connections of one server, each with its place. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly tally: HttpTally;

  constructor(limits: ConnectionLimits, clock: Clock) {
    const admission = new Admission(limits);
    this.#admission = admission;
    this.#clock = clock;
    this.tally = new HttpTally(() => admission.open);
  }

  /** Gives every new connection of `server` a place, or closes it. */
  watch(server: Server): void {
    server.on("connection", (socket) => this.#enter(socket));
  }

  /** The place of a connection; undefined once it is closed. */
  placeOf(socket: Socket): Place | undefined {
    return this.#open.get(socket)?.place;
  }

  /** Notes that `response` is being made on its connection. */
  answering(response: ServerResponse): void {
    const connection = response.socket ? this.#open.get(response.socket) : undefined;
    if (connection) connection.response = response;
  }

  /** Whether an answer has begun and is not finished: nothing else may be written to this connection. */
  isMidAnswer(socket: Socket): boolean {
    const response = this.#open.get(socket)?.response;
    return response !== undefined && response.headersSent && !response.writableFinished;
  }

  /** Ends every connection without waiting. */
  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #enter(socket: Socket): void {
    const place = this.#admission.enter(plainAddress(socket.remoteAddress));
    if (!place) {
      this.tally.refused("full");
      socket.destroy();
      return;
    }
    this.#open.set(socket, { place, response: undefined });
    const cancel = place.limitMet && this.#clock.after(RESERVED_PLACE_MS, () => socket.destroy());
    socket.once("close", () => {
      cancel?.();
      this.#open.delete(socket);
      this.#admission.leave(place);
    });
  }
}

/** An IPv4 client of an IPv6 socket (`::ffff:192.0.2.1`) by its IPv4 address; empty when it is already gone. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
}
