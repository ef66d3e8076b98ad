import type { Clock } from "../../core/clock.ts";
import type { HttpRoute } from "../../protocol/http/route.ts";
import { closeDoors, whereAccountsCount, type AccessRoutesOptions } from "./access-port.ts";
import { createSessionRoutes } from "./session-routes.ts";
import { createTokenRoutes } from "./token-routes.ts";
import { createUserRoutes } from "./user-routes.ts";

/** The JSON doors to sessions, accounts, tokens and signed addresses. All have reserved room. */
export function createAccessRoutes(options: AccessRoutesOptions & { readonly clock: Clock }): readonly HttpRoute[] {
  const { access } = options;
  const accounts = [...createTokenRoutes(options), ...createUserRoutes(options)];
  return closeDoors([...createSessionRoutes(options), ...accounts.map((route) => whereAccountsCount(access, route))]);
}
