import type { ServerResponse } from "node:http";
import type { Principal } from "../../access/principal.ts";
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

const RETRY = { headers: { "Retry-After": "5" } };

/** The answers that go on until somebody ends them: counted when they begin and end, never in between. */
export class OpenStreams {
  readonly #limits: StreamLimits;
  readonly #tally: HttpTally;
  /** By user. */
  readonly #open = new Map<string, Set<ServerResponse>>();
  #count = 0;

  constructor(limits: StreamLimits, tally: HttpTally) {
    this.#limits = limits;
    this.#tally = tally;
  }

  /** Streams open now. */
  get count(): number {
    return this.#count;
  }

  /** Throws HttpProblem 503 or 429 where one more would be too many. Whoever is let in by an open house has no limit of its own. */
  requireRoom(principal: Principal | undefined): void {
    if (this.#count >= this.#limits.streams) {
      this.#tally.refused("streams");
      throw new HttpProblem(503, "too many streams: every place is taken", RETRY);
    }
    if (!principal || principal.means === "open") return;
    if ((this.#open.get(principal.name)?.size ?? 0) < this.#limits.streamsPerUser) return;
    this.#tally.refused("user-streams");
    throw new HttpProblem(429, `too many streams for ${principal.name}`, RETRY);
  }

  /** One more, until its connection ends. */
  add(principal: Principal | undefined, response: ServerResponse): void {
    if (response.destroyed || response.closed) return;
    const name = principal?.name ?? "";
    const streams = this.#open.get(name) ?? new Set();
    this.#open.set(name, streams.add(response));
    this.#count += 1;
    response.once("close", () => {
      this.#count -= 1;
      streams.delete(response);
      if (streams.size === 0 && this.#open.get(name) === streams) this.#open.delete(name);
    });
  }

  /** Ends what those watch who may not any more; the returned function ends that. */
  obey(guard: GuardPort): () => void {
    const end = (name: string): void => {
      for (const response of this.#open.get(name) ?? []) response.socket?.destroy();
    };
    return guard.onRevoked?.(end) ?? (() => {});
  }
}
