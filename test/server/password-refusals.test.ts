import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { PasswordsBusyError } from "../../src/access/password-refusals.ts";
import { createAccessRoutes } from "../../src/outputs/access/access-routes.ts";
import { startAccess } from "../unit/access/access-rig.ts";
import { startRig } from "./http-rig.ts";

const anna = { name: "anna", password: "anna's words", role: "viewer" } as const;

async function start() {
  const { access, clock } = await startAccess({ auth: { mode: "password", users: [anna] } });
  after(() => access.stop());
  const routes = createAccessRoutes({ access, basePath: "/", clock });
  const rig = await startRig({ routes, server: { guard: access.gatekeeper } });
  const logIn = (password: string): Promise<Response> =>
    rig.get("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "anna", password }),
    });
  const basic = (password: string): Promise<Response> =>
    rig.get("/api/session", { headers: { Authorization: formatBasicAuthorization({ name: "anna", password }) } });
  /** The page's own change of the password, in a session. */
  const change = async (currentPassword: string): Promise<Response> => {
    const user = access.users.find("anna") ?? assert.fail("no anna");
    const session = access.sessions.create(user);
    return rig.get("/api/users/anna", {
      method: "PATCH",
      headers: {
        "Content-Type": "application/json",
        Cookie: access.cookie.format(access.sessions.format(session), false).split(";")[0] ?? "",
        "X-CSRF-Token": access.sessions.csrfToken(session),
      },
      body: JSON.stringify({ currentPassword, password: "my own words" }),
    });
  };
  return { access, rig, doors: { logIn, basic, change } };
}

describe("passwords that are not looked at", () => {
  for (const [what, door] of [
    ["at the login page", "logIn"],
    ["with Basic", "basic"],
    ["where somebody changes their own", "change"],
  ] as const) {
    it(`are counted by their cause ${what}`, async () => {
      const { access, rig, doors } = await start();
      const ask = async (password: string): Promise<number> => (await doors[door](password)).status;
      const isPassword = access.users.isPassword.bind(access.users);
      access.users.isPassword = () => Promise.reject(new PasswordsBusyError());
      assert.equal(await ask("wrong"), 503);
      access.users.isPassword = isPassword;
      for (let guess = 0; guess < 5; guess += 1) assert.notEqual(await ask(`wrong ${guess}`), 429);
      assert.deepEqual([await ask("wrong again"), await ask("and again")], [429, 429]);
      const { passwords, failures } = rig.server.stats.refusals;
      assert.deepEqual({ passwords, failures }, { passwords: 1, failures: 2 });
    });
  }
});
