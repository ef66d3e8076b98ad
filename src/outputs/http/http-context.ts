import type { Middleware, ParameterizedContext } from "koa";
import type { Principal } from "../../access/principal.ts";
import type { Client } from "./trusted-proxies.ts";

/** Who sent a request: somebody, nobody (both undefined), or somebody whose credentials are wrong. */
export interface Identity {
  readonly principal: Principal | undefined;
  /** What to answer at a door that asks who comes. */
  readonly refusal: Error | undefined;
}

/** What is found out about a request on its way to its door. */
export interface HttpState {
  client: Client;
  /** The path that was asked for, before anything was taken off it or put in its place; undefined where there is none. */
  path: string | undefined;
  identity: Identity | undefined;
}

export type HttpContext = ParameterizedContext<HttpState>;
export type HttpMiddleware = Middleware<HttpState>;
