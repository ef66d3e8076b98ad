import Router from "@koa/router";
import Koa from "koa";
import { maySee } from "../../access/principal.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import { answerErrors, type ErrorParts } from "./answer-errors.ts";
import { identify } from "./check-access.ts";
import { checkOrigin } from "./check-origin.ts";
import { checkForm, checkHost, redirectToHttps, takeOffBasePath } from "./check-request.ts";
import type { HttpMiddleware, HttpState } from "./http-context.ts";
import { limitProxied, limitRate, requireRoom, ReservedDoors, type RequestRates } from "./limit-requests.ts";
import { answerNoDoor, openDoor, type DoorParts } from "./open-door.ts";
import type { Origins } from "./origins.ts";
import type { OwnNames } from "./own-names.ts";

/** The path that answers for a path and a query, given whom; throws what is to be answered instead. */
export type ResolveAlias = (path: string, query: string, maySee: (cameraId: string) => boolean) => string;

/** What {@link createKoaApp} puts together. */
export interface KoaAppParts extends ErrorParts, DoorParts {
  readonly routes: readonly HttpRoute[];
  readonly resolveAlias: ResolveAlias;
  readonly names: OwnNames;
  readonly origins: Origins;
  readonly rates: RequestRates;
  /** Requests at once of one client behind a proxy. */
  readonly perAddress: number;
  readonly basePath: string;
  /** Port of HTTPS, where everybody is to go there. */
  readonly redirectPort: (() => number) | undefined;
}

/** All doors behind one koa application: limits, checks, aliases, errors and headers are the same for every one of them. */
export function createKoaApp(parts: KoaAppParts): { readonly app: Koa<HttpState>; readonly router: Router<HttpState> } {
  const { connections, basePath, redirectPort, guard } = parts;
  const { tally } = connections;
  const app = new Koa<HttpState>();
  app.silent = true;
  // After `respond = false` or a broken connection: the socket's end is already known to who needs it.
  app.on("error", (error: Error) => parts.log.debug({ err: error }, "an HTTP connection broke"));
  // One spelling of each path: a proxy's rules may know no other.
  const router = new Router<HttpState>({ strict: true, sensitive: true });
  for (const route of parts.routes) {
    // A GET door is opened for HEAD by the router.
    router.register(route.path, [route.method], openDoor(parts, route));
  }
  const reserved = new ReservedDoors(parts.routes, router);
  const steps: readonly HttpMiddleware[] = [
    answerErrors(parts),
    checkForm(connections),
    takeOffBasePath(basePath),
    requireRoom(connections, reserved),
    limitRate(parts.rates, reserved, connections),
    limitProxied(parts.perAddress, reserved, tally),
    checkHost(parts.names, tally),
    ...(redirectPort ? [redirectToHttps(basePath, redirectPort)] : []),
    checkOrigin(parts.origins, tally),
    identify(guard),
    followAliases(parts.resolveAlias),
    router.routes() as HttpMiddleware,
    answerNoDoor(),
  ];
  for (const step of steps) app.use(step);
  return { app, router };
}

/** Old names mean cameras of whoever asks; to nobody they mean nothing. */
function followAliases(resolveAlias: ResolveAlias): HttpMiddleware {
  return (context, next) => {
    const principal = context.state.identity?.principal;
    if (!principal) return next();
    const target = resolveAlias(context.path, context.querystring, (id) => maySee(principal, id));
    if (target !== context.path) context.path = target;
    return next();
  };
}
