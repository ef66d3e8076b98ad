import type { ServerResponse } from "node:http";
import type { Principal } from "../../access/principal.ts";
import type { Clock } from "../../core/clock.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { GuardPort } from "./guard-port.ts";
import type { HttpTally } from "./http-tally.ts";

/** How many answers may go on without end. */
export interface StreamLimits {
  /** In all. */
  readonly streams: number;
  /** To one user. */
  readonly streamsPerUser: number;
}

/** What {@link OpenStreams} needs. */
export interface OpenStreamsOptions {
  readonly limits: StreamLimits;
  readonly tally: HttpTally;
  readonly guard: GuardPort;
  readonly clock: Clock;
}

const RETRY = { headers: { "Retry-After": "5" } };
/** A stream that has an end is looked at this often, at least: the clock that its end goes by may be set. */
const LOOK_MS = 60_000;

/**
 * The answers that go on until somebody ends them: counted when they begin and end, never in between. What opened a stream
 * may end before it: then it is ended, too. One timer for all of them.
 */
export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #open = new Map<ServerResponse, Principal | undefined>();
  readonly #countOf = new Map<string, number>();
  #isObeying = false;
  #cancelTimer: (() => void) | undefined;
  /** When the timer is due, on the monotonic clock. */
  #dueNs = 0n;

  constructor(options: OpenStreamsOptions) {
    this.#options = options;
  }

  /** Streams open now. */
  get count(): number {
    return this.#open.size;
  }

  /** Throws HttpProblem 503 or 429 where one more would be too many. Whoever is let in by an open house has no limit of its own. */
  requireRoom(principal: Principal | undefined): void {
    const { limits, tally } = this.#options;
    if (this.count >= limits.streams) {
      tally.refused("streams");
      throw new HttpProblem(503, "too many streams: every place is taken", RETRY);
    }
    if (!principal || principal.means === "open") return;
    if ((this.#countOf.get(principal.name) ?? 0) < limits.streamsPerUser) return;
    tally.refused("user-streams");
    throw new HttpProblem(429, `too many streams for ${principal.name}`, RETRY);
  }

  /** One more, until its connection ends. */
  add(principal: Principal | undefined, response: ServerResponse): void {
    if (response.destroyed || response.closed) return;
    const name = principal?.name ?? "";
    this.#open.set(response, principal);
    this.#countOf.set(name, (this.#countOf.get(name) ?? 0) + 1);
    response.once("close", () => {
      this.#open.delete(response);
      const left = (this.#countOf.get(name) ?? 1) - 1;
      if (left > 0) this.#countOf.set(name, left);
      else this.#countOf.delete(name);
    });
    this.#look([[response, principal]]);
  }

  /** Ends streams as soon as what opened them has ended; the returned function ends that. */
  obey(): () => void {
    const end = this.#options.guard.onChange?.(() => this.#look(this.#open));
    this.#isObeying = true;
    return () => {
      end?.();
      this.#isObeying = false;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    };
  }

  /** Ends those that are over, and looks again when the next one may be. */
  #look(streams: Iterable<readonly [ServerResponse, Principal | undefined]>): void {
    let nextMs = Infinity;
    for (const [response, principal] of streams) {
      const leftMs = principal ? (this.#options.guard.remainingMs?.(principal) ?? Infinity) : Infinity;
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs);
      else response.socket?.destroy();
    }
    if (nextMs < Infinity) this.#lookWithin(Math.min(nextMs, LOOK_MS));
  }

  #lookWithin(delayMs: number): void {
    const { clock } = this.#options;
    const dueNs = clock.monotonicNs() + BigInt(Math.ceil(delayMs)) * 1_000_000n;
    if (!this.#isObeying || (this.#cancelTimer && this.#dueNs <= dueNs)) return;
    this.#cancelTimer?.();
    this.#dueNs = dueNs;
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#look(this.#open);
    });
  }
}
