import type { ServerResponse } from "node:http";
import type { Place } from "./admission.ts";

/** One open connection: its place, and how far the talk on it has come. */
export class Connection {
  readonly place: Place;
  readonly isUnixSocket: boolean;
  /** Gives its place back; at its end at the latest. */
  readonly leave: () => void;
  #response: ServerResponse | undefined;
  #isStream = false;
  #isRefused = false;
  #isDistrusted = false;
  #sinceNs = 0n;

  constructor(place: Place, isUnixSocket: boolean, leave: () => void) {
    this.place = place;
    this.isUnixSocket = isUnixSocket;
    this.leave = leave;
  }

  /** Notes that `response` is being made on it. */
  answer(response: ServerResponse, nowNs: bigint): void {
    this.#response = response;
    this.#sinceNs = nowNs;
  }

  /** Notes that the answer being made has no end of its own. */
  stream(): void {
    this.#isStream = true;
  }

  /** Notes that a refusal was written to it, beside whatever request is under way. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** Notes that what it sends further is too much, or may not be what it seems: the answer to this request ends it. */
  distrust(): void {
    this.#isDistrusted = true;
  }

  /** Whether nothing further may be written to it. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether no further request of it is to be looked at. */
  get isDistrusted(): boolean {
    return this.#isDistrusted;
  }

  /** Whether it ever asked for something. */
  get hasAsked(): boolean {
    return this.#response !== undefined;
  }

  /** Whether an answer has begun and is not finished: nothing else may be written. */
  get isMidAnswer(): boolean {
    return this.#response !== undefined && this.#response.headersSent && !this.#response.writableFinished;
  }

  /** Whether it takes an answer that has an end, begun before `sinceNs`, too slowly. */
  isSlowReader(sinceNs: bigint): boolean {
    return this.isMidAnswer && !this.#isStream && this.#response?.closed === false && this.#sinceNs <= sinceNs;
  }
}
