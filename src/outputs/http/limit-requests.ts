import type Router from "@koa/router";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import { addressGroup } from "./address-group.ts";
import type { Connections } from "./connections.ts";
import type { HttpContext, HttpMiddleware, HttpState } from "./http-context.ts";
import type { HttpTally } from "./http-tally.ts";
import type { TokenBuckets } from "./token-buckets.ts";

const RETRY_SECONDS = "5";

/** The doors with reserved room among `routes`; each is known by its path. */
export class ReservedDoors {
  readonly #paths: ReadonlySet<string>;
  readonly #router: Router<HttpState>;

  constructor(routes: readonly HttpRoute[], router: Router<HttpState>) {
    this.#paths = new Set(routes.filter(({ room }) => room === "reserved").map(({ path }) => path));
    this.#router = router;
  }

  /** The path of the reserved door that will answer; undefined for every other request. */
  find({ path, method }: HttpContext): string | undefined {
    const { pathAndMethod } = this.#router.match(path, method);
    return pathAndMethod.map((layer) => String(layer.path)).find((layerPath) => this.#paths.has(layerPath));
  }
}

/** How many requests one address may send. */
export interface RequestRates {
  readonly ordinary: TokenBuckets;
  /** By address and door, for reserved doors once the ordinary ones are used up: no flood of one keeps from the others. */
  readonly reserved: TokenBuckets;
}

/**
 * Answers 429 to an address that asks too often, and ends the connection: whatever else it sent costs nothing then. A
 * proxy's connection is other people's too.
 */
export function limitRate(rates: RequestRates, reserved: ReservedDoors, connections: Connections): HttpMiddleware {
  return (context, next) => {
    const { address, isProxied } = context.state.client;
    const group = addressGroup(address);
    if (rates.ordinary.take(group)) return next();
    const door = reserved.find(context);
    if (door !== undefined && rates.reserved.take(`${group} ${door}`)) return next();
    connections.tally.refused("rate");
    if (!isProxied) connections.of(context.req.socket)?.distrust();
    const close = isProxied ? {} : { Connection: "close" };
    const headers = { "Retry-After": String(rates.ordinary.waitSeconds(group)), ...close };
    throw new HttpProblem(429, "too many requests from this address", { headers });
  };
}

/** Lets only reserved doors answer where a connection met a limit. */
export function requireRoom(connections: Connections, reserved: ReservedDoors): HttpMiddleware {
  return (context, next) => {
    const limitMet = connections.of(context.req.socket)?.place.limitMet;
    if (!limitMet) return next();
    context.res.shouldKeepAlive = false;
    if (reserved.find(context) !== undefined) return next();
    connections.tally.refused(limitMet);
    const headers = { "Retry-After": RETRY_SECONDS, Connection: "close" };
    if (limitMet === "address") throw new HttpProblem(429, "too many connections from this address", { headers });
    throw new HttpProblem(503, "too many connections: every place is taken", { headers });
  };
}

/** The limit of connections from one address, for the clients of trusted proxies: there it is requests at the same time. */
export function limitProxied(perAddress: number, reserved: ReservedDoors, tally: HttpTally): HttpMiddleware {
  const open = new Map<string, number>();
  return (context, next) => {
    const { client } = context.state;
    if (!client.isProxied) return next();
    const group = addressGroup(client.address);
    const count = open.get(group) ?? 0;
    if (count >= perAddress) {
      if (reserved.find(context) !== undefined) return next();
      tally.refused("address");
      throw new HttpProblem(429, "too many requests at once from this address", {
        headers: { "Retry-After": RETRY_SECONDS },
      });
    }
    open.set(group, count + 1);
    context.res.once("close", () => {
      const left = (open.get(group) ?? 1) - 1;
      if (left > 0) open.set(group, left);
      else open.delete(group);
    });
    return next();
  };
}
