import type { Access } from "../../access/access.ts";
import type { Principal } from "../../access/principal.ts";
import type { User } from "../../access/users.ts";
import { StorageError } from "../../core/errors.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";

/** What the doors to accounts need. */
export interface AccessRoutesOptions {
  readonly access: Access;
  /** `server.basePath`. */
  readonly basePath: string;
}

/** Who asks, at a door where somebody must. The server hands on the very principal that the gatekeeper gave it. */
export function callerOf({ caller }: HttpRequest): Principal {
  if (caller && "means" in caller) return caller as Principal;
  throw new HttpProblem(401, "log in first");
}

function noAccounts(): HttpProblem {
  return new HttpProblem(409, "there are no accounts with auth.mode: none");
}

/** The account behind the caller. Throws HttpProblem 409 where there is none, as with `auth.mode: none`. */
export function accountOf({ users }: Access, { name }: Principal): User {
  const user = users.find(name);
  if (!user) throw noAccounts();
  return user;
}

/**
 * Whether the caller may make and change credentials: after a login by name and password or link, or as an admin's program.
 * Who was only lent something (a token, an address, a device password) cannot make more of it.
 */
export function requireOwnLogin({ means, byDevicePassword, permissions }: Principal): void {
  if (means === "session" || (means === "basic" && byDevicePassword !== true)) return;
  if (means === "bearer" && permissions.has("admin")) return;
  throw new HttpProblem(403, "this needs a login with name and password");
}

/**
 * The door, closed with 409 where `auth.mode: none` lets everybody be an admin: what strangers make then, or learn, would still be
 * good when accounts are switched on again.
 */
export function whereAccountsCount({ mode }: Pick<Access, "mode">, route: HttpRoute): HttpRoute {
  if (mode !== "none") return route;
  const refuse = (): never => {
    throw noAccounts();
  };
  return { ...route, handle: refuse };
}

/** Says in the log what the caller changed; `what` goes on after their name. */
export function noteChange({ log }: Access, request: HttpRequest, what: string): void {
  log.changed(callerOf(request).name, request.remoteAddress, what);
}

/** These doors, with reserved room and never cached; a disk that refuses a change is a 503. */
export function closeDoors(routes: readonly HttpRoute[]): readonly HttpRoute[] {
  return routes.map((route) => ({
    ...route,
    room: "reserved",
    handle: async (request) => {
      try {
        return await route.handle(request);
      } catch (error) {
        if (error instanceof StorageError)
          throw new HttpProblem(503, "the change cannot be kept", {}, { cause: error });
        throw error;
      }
    },
  }));
}

/** A JSON answer that nobody keeps. */
export function answer(body: object, cookie?: string): HttpReply {
  return {
    headers: { "Cache-Control": "no-store", ...(cookie === undefined ? {} : { "Set-Cookie": [cookie] }) },
    body,
  };
}

/** Wall-clock seconds as an ISO date. */
export function formatSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
