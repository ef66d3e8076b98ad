import type { Access } from "../../access/access.ts";
import type { Principal } from "../../access/principal.ts";
import { makePassword } from "../../access/random-words.ts";
import { isCameraId, isRole } from "../../access/user-records.ts";
import type { User } from "../../access/users.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import { answer, callerOf, noteChange, requireOwnLogin, type AccessRoutesOptions } from "./access-port.ts";
import {
  devicePasswordRequestSchema,
  devicePasswordSchema,
  newUserAnswerSchema,
  newUserSchema,
  userAnswerSchema,
  userChangeAnswerSchema,
  userChangeSchema,
  userListSchema,
} from "./access-schemas.ts";
import { listRule, readMembers, required, textRule, type MemberRule } from "./read-members.ts";
import { openSession } from "./session-routes.ts";

const path = "/api/users";
const type = "application/json";
const roleRule = {
  read: (value: unknown) => (isRole(value) ? value : undefined),
  must: "one of viewer, control, admin",
};
const cameraRule = listRule(isCameraId, "a list of camera ids");
const anyCameraRule: MemberRule<readonly string[] | null> = {
  read: (value) => (value === null ? null : cameraRule.read(value)),
  must: "a list of camera ids, or null for all",
};
const flagRule: MemberRule<boolean> = {
  read: (value) => (typeof value === "boolean" ? value : undefined),
  must: "true or false",
};
const newUserRules = { name: required(textRule(64)), password: textRule(1024), role: roleRule, cameras: anyCameraRule };
const changeRules = {
  password: textRule(1024),
  currentPassword: textRule(1024),
  role: roleRule,
  cameras: anyCameraRule,
};
const bodyProblems = [400, 403, 404, 408, 409, 413, 415, 422, 429, 503];

/** The accounts. */
export function createUserRoutes({ access }: AccessRoutesOptions): readonly HttpRoute[] {
  return [
    {
      method: "GET",
      path,
      access: "admin",
      summary: "All accounts",
      response: { type, schema: userListSchema },
      handle: () => answer({ users: access.users.list().map(describeUser) }),
    },
    {
      method: "POST",
      path,
      access: "admin",
      summary: "Makes an account; without a password one is made up and shown this once",
      requestSchema: newUserSchema,
      response: { type, schema: newUserAnswerSchema },
      problems: bodyProblems,
      handle: (request) => addUser(access, request),
    },
    {
      method: "PATCH",
      path: `${path}/:name`,
      access: "known",
      summary: "Changes an account: an admin any, everybody their own password",
      requestSchema: userChangeSchema,
      response: { type, schema: userChangeAnswerSchema },
      problems: bodyProblems,
      handle: (request) => changeUser(access, request),
    },
    {
      method: "DELETE",
      path: `${path}/:name`,
      access: "admin",
      summary: "Removes an account and all that was given out in its name",
      response: { type, schema: userListSchema },
      problems: [403, 404, 409, 503],
      handle: async (request) => {
        requireOwnLogin(callerOf(request));
        await access.users.remove(nameIn(request));
        noteChange(access, request, `removed the account ${nameIn(request)}`);
        return answer({ users: access.users.list().map(describeUser) });
      },
    },
    {
      method: "POST",
      path: `${path}/:name/device-password`,
      access: "known",
      summary: "Shows the device password, for players and recorders; makes it where there is none",
      requestSchema: devicePasswordRequestSchema,
      response: { type, schema: devicePasswordSchema },
      problems: bodyProblems,
      handle: (request) => showDevicePassword(access, request),
    },
    {
      method: "DELETE",
      path: `${path}/:name/device-password`,
      access: "known",
      summary: "Takes the device password away: what was opened with it ends",
      response: { type, schema: userAnswerSchema },
      problems: [403, 404, 503],
      handle: (request) => removeDevicePassword(access, request),
    },
  ];
}

async function addUser(access: Access, request: HttpRequest): Promise<HttpReply> {
  requireOwnLogin(callerOf(request));
  const { name, password, role = "viewer", cameras } = readMembers(await request.json(), newUserRules);
  const chosen = password ?? makePassword();
  await access.users.add({ name, password: chosen, role, ...(cameras ? { cameras } : {}) });
  noteChange(access, request, `made the account ${name} (${role})`);
  return answer({
    user: describeUser(findUser(access, name)),
    ...(password === undefined ? { password: chosen } : {}),
  });
}

async function changeUser(access: Access, request: HttpRequest): Promise<HttpReply> {
  const caller = callerOf(request);
  const name = nameIn(request);
  requireOwnOrAdmin(caller, name);
  const { currentPassword, ...wanted } = readMembers(await request.json(), changeRules);
  const { password, role, cameras } = wanted;
  const isAdmin = caller.permissions.has("admin");
  if (!isAdmin && (role !== undefined || cameras !== undefined)) {
    throw new HttpProblem(403, "only an admin changes roles and cameras");
  }
  const user = findUser(access, name);
  const isOwn = name === caller.name && caller.means !== "open";
  if (password !== undefined && isOwn && !user.isInitial) await confirm(access, user, currentPassword, request);
  await access.users.change(name, {
    ...(password === undefined ? {} : { password }),
    ...(role === undefined ? {} : { role }),
    ...(cameras === undefined ? {} : { cameras }),
  });
  const parts = [
    ...(password === undefined ? [] : ["password"]),
    ...(role ? [role] : []),
    ...(cameras === undefined ? [] : ["cameras"]),
  ];
  noteChange(access, request, `changed the account ${name}: ${parts.join(", ")}`);
  const changed = findUser(access, name);
  // A new password ends all sessions; the one that asked for it goes on with another.
  const session =
    password !== undefined && isOwn && caller.means === "session" ? openSession(access, changed, request) : undefined;
  return answer({ user: describeUser(changed), ...(session ? { csrfToken: session.csrfToken } : {}) }, session?.cookie);
}

async function confirm(access: Access, user: User, password: string | undefined, request: HttpRequest): Promise<void> {
  if (password === undefined) throw new HttpProblem(403, "to change your own password, give currentPassword too");
  if (await access.passwords.logIn(user.name, password, request.remoteAddress)) return;
  access.log.refused(request.remoteAddress, "a wrong current password", user.name);
  throw new HttpProblem(403, "the current password is wrong");
}

async function showDevicePassword(access: Access, request: HttpRequest): Promise<HttpReply> {
  const name = nameIn(request);
  requireOwnOrAdmin(callerOf(request), name);
  const { regenerate = false } = readMembers(await request.json(), { regenerate: flagRule });
  findUser(access, name);
  const { users } = access;
  const before = users.deviceGeneration(name);
  const password = await (regenerate ? users.makeDevicePassword(name) : users.showDevicePassword(name));
  const isOther = users.deviceGeneration(name) !== before;
  const verb = isOther ? (before === undefined ? "made" : "renewed") : "looked at";
  noteChange(access, request, `${verb} the device password of ${name}`);
  return answer({ password });
}

async function removeDevicePassword(access: Access, request: HttpRequest): Promise<HttpReply> {
  const name = nameIn(request);
  requireOwnOrAdmin(callerOf(request), name);
  findUser(access, name);
  await access.users.removeDevicePassword(name);
  noteChange(access, request, `removed the device password of ${name}`);
  return answer({ user: describeUser(findUser(access, name)) });
}

/** Somebody else's account is none of theirs to know of: that it is there is not said either. */
function requireOwnOrAdmin(caller: Principal, name: string): void {
  if (name !== caller.name && !caller.permissions.has("admin")) throw new HttpProblem(403, "this account is not yours");
  requireOwnLogin(caller);
}

function findUser({ users }: Access, name: string): User {
  const user = users.find(name);
  if (!user) throw new HttpProblem(404, "there is no user of this name");
  return user;
}

function nameIn({ params }: HttpRequest): string {
  return params["name"] ?? "";
}

function describeUser({ name, role, cameras, origin, hasDevicePassword, isInitial }: User): object {
  const isReadOnly = origin === "config";
  return { name, role, cameras: cameras ?? null, isReadOnly, hasDevicePassword, hasInitialPassword: isInitial };
}
