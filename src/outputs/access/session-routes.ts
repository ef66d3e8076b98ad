import type { Access } from "../../access/access.ts";
import { principalOf } from "../../access/gatekeeper.ts";
import type { Principal } from "../../access/principal.ts";
import type { Session } from "../../access/sessions.ts";
import type { User } from "../../access/users.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import { emptySchema, loginSchema, sessionSchema } from "./access-schemas.ts";
import { answer, callerOf, type AccessRoutesOptions } from "./access-port.ts";
import { readMembers, textRule } from "./read-members.ts";

const path = "/api/session";
const loginRules = { name: textRule(256), password: textRule(1024), loginLink: textRule(200) };

/** Logging in and out of the page. */
export function createSessionRoutes({ access }: AccessRoutesOptions): readonly HttpRoute[] {
  const response = { type: "application/json", schema: sessionSchema };
  return [
    {
      method: "POST",
      path,
      access: "open",
      summary: "Logs in with name and password, or with a login link: the answer sets a cookie",
      requestSchema: loginSchema,
      response,
      problems: [400, 401, 408, 409, 413, 415, 429, 503],
      handle: (request) => logIn(access, request),
    },
    {
      method: "GET",
      path,
      access: "known",
      summary: "Who the caller is, and what they may do; a session lasts longer for it",
      response,
      handle: (request) => show(access, request),
    },
    {
      method: "DELETE",
      path,
      access: "known",
      summary: "Logs out: ends the session of the cookie",
      response: { type: "application/json", schema: emptySchema },
      handle: (request) => logOut(access, request),
    },
  ];
}

/** A new session of this user, and what their page must know of it. */
export function openSession(access: Access, user: User, { isEncrypted }: HttpRequest) {
  const session = access.sessions.create(user);
  return {
    cookie: access.cookie.format(access.sessions.format(session), isEncrypted),
    csrfToken: access.sessions.csrfToken(session),
  };
}

async function logIn(access: Access, request: HttpRequest): Promise<HttpReply> {
  if (access.mode === "none") throw new HttpProblem(409, "nobody logs in with auth.mode: none");
  const { name, password, loginLink } = readMembers(await request.json(), loginRules);
  const isPair = name !== undefined && password !== undefined && loginLink === undefined;
  if (!isPair && (loginLink === undefined || name !== undefined || password !== undefined)) {
    throw new HttpProblem(400, "the body must have name and password, or loginLink");
  }
  const user = isPair
    ? await access.passwords.logIn(name, password, request.remoteAddress)
    : await findByLink(access, loginLink ?? "");
  if (!user) {
    const known = isPair ? access.users.find(name)?.name : undefined;
    access.log.refused(request.remoteAddress, isPair ? "a wrong password" : "a login link that is not valid", known);
    throw new HttpProblem(
      401,
      isPair ? "the name or the password is wrong" : "the login link was used before, or is too old",
    );
  }
  access.log.loggedIn(user.name, request.remoteAddress, isPair ? "password" : "login link");
  endSession(access, request); // of whoever was logged in here before
  const { cookie, csrfToken } = openSession(access, user, request);
  return answer(describe(access, { ...principalOf(user, "session"), csrfToken }), cookie);
}

async function findByLink(access: Access, token: string): Promise<User | undefined> {
  const name = await access.loginLinks.consume(token);
  return name === undefined ? undefined : access.users.find(name);
}

function show(access: Access, request: HttpRequest): HttpReply {
  const caller = callerOf(request);
  const session = sessionOf(access, request);
  const renewed = caller.means === "session" && session ? access.sessions.renew(session) : undefined;
  const cookie = renewed && access.cookie.format(access.sessions.format(renewed), request.isEncrypted);
  return answer(describe(access, caller), cookie);
}

function logOut(access: Access, request: HttpRequest): HttpReply {
  if (callerOf(request).means !== "session") return answer({});
  endSession(access, request);
  return answer({}, access.cookie.format(undefined, request.isEncrypted));
}

function endSession(access: Access, request: HttpRequest): void {
  const session = sessionOf(access, request);
  if (session) access.sessions.revoke(session);
}

function sessionOf({ gatekeeper }: Access, request: HttpRequest): Session | undefined {
  return gatekeeper.sessionOf(request);
}

function describe({ users }: Access, { name, permissions, cameras, means, csrfToken }: Principal): object {
  const user = users.find(name);
  return {
    name,
    role: user?.role ?? "admin", // everybody, where nobody is asked
    permissions: [...permissions],
    cameras: cameras ?? null,
    means,
    ...(csrfToken === undefined ? {} : { csrfToken }),
    hasInitialPassword: user?.isInitial ?? false,
    isReadOnly: user?.origin !== "file",
  };
}
