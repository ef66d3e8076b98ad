import type { Clock } from "../../core/clock.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import { closeDoors, type AccessRoutesOptions } from "./access-port.ts";
import { createSessionRoutes } from "./session-routes.ts";
import { createTokenRoutes } from "./token-routes.ts";
import { createUserRoutes } from "./user-routes.ts";

/** The JSON doors to sessions, accounts, tokens and signed addresses. All have reserved room. */
export function createAccessRoutes(options: AccessRoutesOptions & { readonly clock: Clock }): readonly HttpRoute[] {
  return closeDoors([...createSessionRoutes(options), ...createTokenRoutes(options), ...createUserRoutes(options)]);
}
