import assert from "node:assert/strict";
import type { AccessRequest } from "../../../src/access/access-request.ts";
import type { Principal } from "../../../src/access/principal.ts";
import type { ConfiguredUser } from "../../../src/access/configured-users.ts";
import { HttpProblem } from "../../../src/protocol/http/problem.ts";
import { requestFor, startAccess } from "./access-rig.ts";

export const anna: ConfiguredUser = {
  name: "anna",
  password: "anna's words",
  role: "viewer",
  cameras: ["front", "back"],
};
export const carl: ConfiguredUser = { name: "carl", password: "carl's words", role: "control" };
export const root: ConfiguredUser = { name: "root", password: "root's words", role: "admin" };

/** A gatekeeper who knows anna, carl and root. */
export async function startGatekeeper(options: Parameters<typeof startAccess>[0] = {}) {
  const started = await startAccess({ auth: { mode: "password", users: [anna, carl, root] }, ...options });
  const { gatekeeper } = started.access;
  const identify = (request: AccessRequest): Promise<Principal | undefined> => gatekeeper.identify(request);
  const nonce = (): string => {
    const challenge = gatekeeper.challenges({}).find((line) => line.startsWith("Digest ")) ?? assert.fail("no Digest");
    return /nonce="([^"]+)"/.exec(challenge)?.[1] ?? assert.fail();
  };
  const digest = (header: string, path = "/", change: Partial<AccessRequest> = {}): AccessRequest =>
    requestFor(path, { headers: { authorization: header }, ...change });
  return { ...started, identify, nonce, digest };
}

/** What somebody may do, in one line. */
export const may = (principal: Principal | undefined): string => [...(principal?.permissions ?? [])].join(" ");

/** The refusal of this request, checked to be one. */
export async function refused(asked: Promise<unknown>, status = 401): Promise<HttpProblem> {
  const error = await asked.then(
    () => assert.fail("let in"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HttpProblem, String(error));
  assert.equal(error.status, status, error.message);
  return error;
}
