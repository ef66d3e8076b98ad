import type { Access } from "../../access/access.ts";
import type { Principal } from "../../access/principal.ts";
import { cameraOfPath, longestSignedUrlSeconds, type Signer } from "../../access/signed-urls.ts";
import { nowSeconds } from "../../access/time.ts";
import { isCameraId, isPermission, type TokenRecord } from "../../access/user-records.ts";
import type { Clock } from "../../core/clock.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import {
  accountOf,
  answer,
  callerOf,
  noteChange,
  formatSeconds,
  requireOwnLogin,
  type AccessRoutesOptions,
} from "./access-port.ts";
import {
  newTokenAnswerSchema,
  newTokenSchema,
  signedUrlRequestSchema,
  signedUrlSchema,
  tokenListSchema,
} from "./access-schemas.ts";
import { lineRule, listRule, readMembers, required, textRule, wholeRule } from "./read-members.ts";

const path = "/api/tokens";
const type = "application/json";
const day = 86_400;
const tokenRules = {
  name: required(lineRule(64)),
  permissions: required(listRule(isPermission, "a list of view, snapshot, control, admin")),
  cameras: listRule(isCameraId, "a list of camera ids"),
  expiresInSeconds: wholeRule(60, 10 * 366 * day),
};
const signedUrlRules = { path: required(textRule(512)), expiresInSeconds: wholeRule(1, longestSignedUrlSeconds) };
/** What a program that was lent a token or a device password may hand on. */
const longestLentSeconds = day;

/** Bearer tokens and signed addresses: what a user lends to programs and dashboards. */
export function createTokenRoutes({
  access,
  basePath,
  clock,
}: AccessRoutesOptions & { readonly clock: Clock }): readonly HttpRoute[] {
  return [
    {
      method: "GET",
      path,
      access: "known",
      summary: "The caller's tokens, without the tokens themselves; everybody's for an admin",
      response: { type, schema: tokenListSchema },
      handle: (request) => answer({ tokens: tokensOf(access, callerOf(request)).map(describeToken) }),
    },
    {
      method: "POST",
      path,
      access: "known",
      summary: "Makes a bearer token, which is shown this once",
      requestSchema: newTokenSchema,
      response: { type, schema: newTokenAnswerSchema },
      problems: [400, 403, 408, 409, 413, 415, 422, 503],
      handle: (request) => createToken(access, clock, request),
    },
    {
      method: "DELETE",
      path: `${path}/:token`,
      access: "known",
      summary: "Revokes a token, by its id",
      response: { type, schema: tokenListSchema },
      problems: [403, 404, 503],
      handle: (request) => revokeToken(access, request),
    },
    {
      method: "POST",
      path: "/api/signed-urls",
      access: "known",
      summary: "Signs the address of a stream or picture: who has it may GET it until it expires",
      requestSchema: signedUrlRequestSchema,
      response: { type, schema: signedUrlSchema },
      problems: [400, 403, 404, 408, 409, 413, 415, 422],
      handle: (request) => signUrl(access, basePath, clock, request),
    },
  ];
}

async function createToken(access: Access, clock: Clock, request: HttpRequest): Promise<HttpReply> {
  const caller = callerOf(request);
  requireOwnLogin(caller);
  const { name } = accountOf(access, caller);
  const wanted = readMembers(await request.json(), tokenRules);
  const { cameras = caller.cameras, permissions, expiresInSeconds } = wanted;
  const missing = permissions.filter((permission) => !caller.permissions.has(permission));
  if (missing.length > 0) throw new HttpProblem(403, `you may not ${missing.join(", ")} yourself`);
  if (cameras !== undefined && permissions.includes("admin")) {
    throw new HttpProblem(422, "a token to admin is for all cameras: leave the cameras out");
  }
  const strange = cameras?.filter((id) => caller.cameras?.includes(id) === false) ?? [];
  if (strange.length > 0) throw new HttpProblem(403, `these cameras are not yours: ${strange.join(", ")}`);
  const { token, record } = await access.tokens.create({
    name: wanted.name,
    user: name,
    permissions,
    ...(cameras === undefined ? {} : { cameras }),
    ...(expiresInSeconds === undefined ? {} : { expires: nowSeconds(clock) + expiresInSeconds }),
  });
  noteChange(access, request, `made the token ${record.name} (${record.id}): ${permissions.join(", ")}`);
  return answer({ ...describeToken(record), token });
}

async function revokeToken(access: Access, request: HttpRequest): Promise<HttpReply> {
  const caller = callerOf(request);
  requireOwnLogin(caller);
  const id = request.params["token"] ?? "";
  const record = tokensOf(access, caller).find((token) => token.id === id);
  if (!record) throw new HttpProblem(404, "there is no such token");
  await access.tokens.revoke(id);
  noteChange(access, request, `revoked the token ${record.name} (${id}) of ${record.user}`);
  return answer({ tokens: tokensOf(access, caller).map(describeToken) });
}

function tokensOf({ tokens }: Access, { name, permissions }: Principal): readonly TokenRecord[] {
  return tokens.list().filter(({ user }) => permissions.has("admin") || user === name);
}

function describeToken({ id, name, user, permissions, cameras, created, expires, lastUsed }: TokenRecord): object {
  return {
    id,
    name,
    user,
    permissions,
    cameras: cameras ?? null,
    created: formatSeconds(created),
    expires: expires === undefined ? null : formatSeconds(expires),
    lastUsed: lastUsed ?? null,
  };
}

async function signUrl(access: Access, basePath: string, clock: Clock, request: HttpRequest): Promise<HttpReply> {
  const caller = callerOf(request);
  if (caller.means === "signed-url") throw new HttpProblem(403, "a signed address signs no others");
  const user = accountOf(access, caller);
  const { path: wanted, expiresInSeconds = day } = readMembers(await request.json(), signedUrlRules);
  const base = basePath.replace(/\/+$/, "");
  const signedPath = base !== "" && wanted.startsWith(`${base}/`) ? wanted.slice(base.length) : wanted;
  const cameraId = cameraOfPath(signedPath);
  if (cameraId === undefined) {
    throw new HttpProblem(422, "path must be one of a camera, such as /cameras/ID/stream, without query");
  }
  if (caller.cameras?.includes(cameraId) === false) throw new HttpProblem(404, "there is no such camera");
  if (!caller.permissions.has("view") || !caller.permissions.has("snapshot")) {
    throw new HttpProblem(403, "you may not view and snapshot yourself");
  }
  const signer = signerOf(caller);
  if (signer && expiresInSeconds > longestLentSeconds) {
    throw new HttpProblem(403, "for more than a day this needs a login with name and password");
  }
  const expires = Math.min(nowSeconds(clock) + expiresInSeconds, (signer && caller.credential?.expires) ?? Infinity);
  const query = access.signedUrls.sign(signedPath, user, expires, signer);
  noteChange(access, request, `signed ${signedPath} until ${formatSeconds(expires)}`);
  return answer({ url: `${base}${signedPath}?${query}`, expires: formatSeconds(expires) });
}

/** What the address ends with, where the caller was lent something; a login's addresses go on after its logout. */
function signerOf({ credential }: Principal): Signer | undefined {
  const { kind, id } = credential ?? {};
  return id !== undefined && (kind === "token" || kind === "device-password") ? { kind, id } : undefined;
}
