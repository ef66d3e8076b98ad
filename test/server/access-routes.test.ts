import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Access, type AccessOptions } from "../../src/access/access.ts";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog, type Log } from "../../src/core/log.ts";
import { createAccessRoutes } from "../../src/outputs/access/access-routes.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { readProblem, startRig } from "./http-rig.ts";

const cheapCost = { logCost: 10, blockSize: 1, parallel: 1 };
const anna = { name: "anna", password: "anna's words", role: "viewer", cameras: ["front"] } as const;
const root = { name: "root", password: "root's words", role: "admin" } as const;

type Json = Readonly<Record<string, unknown>>;

/** A server with accounts, whose doors are asked as `who` (headers). */
async function startAccessRig(auth: AccessOptions["auth"] = { mode: "password", users: [anna, root] }, basePath = "/") {
  const directory = mkdtempSync(join(tmpdir(), "sightline-access-"));
  const [clock, store] = [systemClock, memoryStore()];
  const lines: string[] = [];
  const say = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: say, warn: say, error: say, child: () => log };
  const access = new Access({ auth, directory, basePath, clock, log, store, cost: cheapCost });
  await access.start();
  after(async () => {
    await access.stop();
    rmSync(directory, { recursive: true });
  });
  const routes = createAccessRoutes({ access, basePath, clock });
  const door = {
    method: "GET",
    path: "/cameras/:id/stream",
    access: "view",
    summary: "",
    response: { type: "application/json" },
    handle: () => ({ body: {} }),
  } as const;
  const rig = await startRig({ routes: [...routes, door], server: { guard: access.gatekeeper, basePath } });
  const ask = async (method: string, path: string, who: Readonly<Record<string, string>> = {}, body?: object) => {
    const headers = { ...who, ...(body ? { "Content-Type": "application/json" } : {}) };
    const response = await fetch(rig.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const cookies = response.headers.getSetCookie();
    const answer = response.ok ? ((await response.json()) as Json) : await readProblem(response);
    return { status: response.status, answer, cookies, headers: response.headers };
  };
  const logIn = async (body: object, who: Readonly<Record<string, string>> = {}) => {
    const { status, answer, cookies } = await ask("POST", "/api/session", who, body);
    assert.equal(status, 200, JSON.stringify(answer));
    return { Cookie: cookies[0]?.split(";")[0] ?? "", "X-CSRF-Token": String(answer["csrfToken"]) };
  };
  const as = (name: string, password: string) => ({ Authorization: formatBasicAuthorization({ name, password }) });
  return { access, directory, ask, logIn, as, rig, lines };
}

describe("sessions by HTTP", () => {
  it("begin with name and password and end at the logout", async () => {
    const { ask, logIn } = await startAccessRig();
    assert.equal((await ask("GET", "/api/session")).status, 401);
    const session = await logIn({ name: "anna", password: anna.password });
    const { answer, cookies, headers } = await ask("GET", "/api/session", session);
    assert.deepEqual(answer, {
      name: "anna",
      role: "viewer",
      permissions: ["view", "snapshot"],
      cameras: ["front"],
      means: "session",
      csrfToken: session["X-CSRF-Token"],
      hasInitialPassword: false,
      isReadOnly: true,
    });
    assert.deepEqual(cookies, []);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal((await ask("DELETE", "/api/session", { Cookie: session.Cookie })).status, 403);
    const end = await ask("DELETE", "/api/session", session);
    assert.match(end.cookies[0] ?? "", /^sightline-.{6}=; .*Max-Age=0/);
    assert.equal((await ask("GET", "/api/session", session)).status, 401);
  });

  it("begin with a login link, once; the one before ends", async () => {
    const { access, ask, logIn } = await startAccessRig();
    const before = await logIn({ name: "root", password: root.password });
    const loginLink = await access.loginLinks.create("anna");
    const session = await logIn({ loginLink }, before);
    assert.equal((await ask("GET", "/api/session", session)).answer["name"], "anna");
    assert.equal((await ask("GET", "/api/session", before)).status, 401);
    const again = await ask("POST", "/api/session", {}, { loginLink });
    assert.deepEqual([again.status, again.answer["detail"]], [401, "the login link was used before, or is too old"]);
  });

  it("begin whatever cookie the browser has: a login needs no token, a logout does", async () => {
    const { ask, logIn } = await startAccessRig();
    const old = await logIn({ name: "root", password: root.password });
    const session = await logIn({ name: "anna", password: anna.password }, { Cookie: old.Cookie });
    assert.equal((await ask("GET", "/api/session", session)).answer["name"], "anna");
    assert.equal((await ask("DELETE", "/api/session", { Cookie: session.Cookie })).status, 403);
    // The page of another window, whose session this one replaced: it asks for the token and tries again.
    const stale = { Cookie: session.Cookie, "X-CSRF-Token": old["X-CSRF-Token"] };
    assert.equal((await ask("DELETE", "/api/session", stale)).status, 403);
    const { answer } = await ask("GET", "/api/session", stale);
    const renewed = { ...stale, "X-CSRF-Token": String(answer["csrfToken"]) };
    assert.equal((await ask("DELETE", "/api/session", renewed)).status, 200);
    for (const ended of [old, session]) {
      assert.equal((await ask("DELETE", "/api/session", ended)).status, 401);
      await logIn({ name: "anna", password: anna.password }, { Cookie: ended.Cookie });
    }
  });

  it("refuse what is wrong, and after five times make wait", async () => {
    const { ask } = await startAccessRig();
    for (let failure = 0; failure < 5; failure += 1) {
      const { status, answer, cookies } = await ask("POST", "/api/session", {}, { name: "anna", password: "wrong" });
      assert.deepEqual([status, answer["detail"], cookies], [401, "the name or the password is wrong", []]);
    }
    const { status, headers } = await ask("POST", "/api/session", {}, { name: "anna", password: anna.password });
    assert.equal(status, 429);
    assert.ok(Number(headers.get("retry-after")) > 50);
    for (const body of [
      {},
      [],
      { name: "anna" },
      { name: "a", password: "b", loginLink: "c" },
      { name: 1, password: {} },
      { name: "a", password: "b", extra: 1 },
    ]) {
      assert.equal((await ask("POST", "/api/session", {}, body)).status, 400, JSON.stringify(body));
    }
  });

  it("know everybody with auth.mode none", async () => {
    const { ask } = await startAccessRig({ mode: "none", users: [] });
    const { answer } = await ask("GET", "/api/session");
    assert.deepEqual([answer["name"], answer["means"], answer["role"]], ["everybody", "open", "admin"]);
    assert.equal((await ask("POST", "/api/session", {}, { name: "a", password: "b" })).status, 409);
    assert.equal((await ask("POST", "/api/tokens", {}, { name: "t", permissions: ["view"] })).status, 409);
    assert.equal((await ask("POST", "/api/signed-urls", {}, { path: "/cameras/a/stream" })).status, 409);
  });

  it("open no door to accounts with auth.mode none: what strangers made would be good when accounts are on again", async () => {
    const { ask, access } = await startAccessRig({ mode: "none", users: [] });
    const body = { name: "backdoor", role: "admin", password: "long passed words" };
    for (const [method, path, sent] of [
      ["GET", "/api/users", undefined],
      ["POST", "/api/users", body],
      ["PATCH", "/api/users/admin", { password: "long passed words" }],
      ["DELETE", "/api/users/admin", undefined],
      ["POST", "/api/users/admin/device-password", {}],
      ["DELETE", "/api/users/admin/device-password", undefined],
      ["GET", "/api/tokens", undefined],
      ["DELETE", "/api/tokens/some", undefined],
    ] as const) {
      assert.equal((await ask(method, path, {}, sent)).status, 409, `${method} ${path}`);
    }
    assert.deepEqual(access.users.list(), []);
  });
});

describe("accounts by HTTP", () => {
  it("are an admin's to see, make, change and remove", async () => {
    const { ask, as } = await startAccessRig();
    const admin = as("root", root.password);
    for (const [method, path] of [
      ["GET", "/api/users"],
      ["POST", "/api/users"],
      ["DELETE", "/api/users/carl"],
    ] as const) {
      assert.equal(
        (await ask(method, path, as("anna", anna.password), method === "POST" ? {} : undefined)).status,
        403,
      );
      assert.equal((await ask(method, path, {}, method === "POST" ? {} : undefined)).status, 401);
    }
    const made = await ask("POST", "/api/users", admin, { name: "carl", role: "control", cameras: ["front"] });
    assert.deepEqual(made.answer["user"], {
      name: "carl",
      role: "control",
      cameras: ["front"],
      isReadOnly: false,
      hasDevicePassword: false,
      hasInitialPassword: false,
    });
    const password = String(made.answer["password"]);
    assert.equal((await ask("GET", "/api/session", as("carl", password))).status, 200);
    assert.equal((await ask("POST", "/api/users", admin, { name: "carl" })).status, 409);
    assert.equal((await ask("POST", "/api/users", admin, { name: "dora", password: "short" })).status, 422);
    assert.equal((await ask("POST", "/api/users", admin, { name: "dora", role: "root" })).status, 400);
    const changed = await ask("PATCH", "/api/users/carl", admin, {
      role: "viewer",
      cameras: null,
      password: "another one 1",
    });
    assert.equal((changed.answer["user"] as Json)["cameras"], null);
    assert.equal((await ask("GET", "/api/session", as("carl", password))).status, 401);
    assert.equal((await ask("GET", "/api/session", as("carl", "another one 1"))).status, 200);
    assert.equal((await ask("PATCH", "/api/users/anna", admin, { role: "admin" })).status, 409);
    assert.equal((await ask("PATCH", "/api/users/nobody", admin, { role: "admin" })).status, 404);
    const left = await ask("DELETE", "/api/users/carl", admin);
    assert.deepEqual(
      (left.answer["users"] as Json[]).map(({ name }) => name),
      ["anna", "root"],
    );
    assert.equal((await ask("DELETE", "/api/users/carl", admin)).status, 404);
  });

  it("let everybody change their own password, with the current one, and go on with a new session", async () => {
    const { access, ask, logIn } = await startAccessRig();
    await access.users.add({ name: "carl", password: "carl's words", role: "viewer" });
    const session = await logIn({ name: "carl", password: "carl's words" });
    const other = await logIn({ name: "carl", password: "carl's words" });
    const path = "/api/users/carl";
    assert.equal((await ask("PATCH", path, session, { password: "other words" })).status, 403);
    const wrong = await ask("PATCH", path, session, { password: "other words", currentPassword: "x" });
    assert.deepEqual([wrong.status, wrong.answer["detail"]], [403, "the current password is wrong"]);
    assert.equal((await ask("PATCH", path, session, { role: "admin" })).status, 403);
    assert.equal((await ask("PATCH", "/api/users/root", session, { password: "other words" })).status, 403);
    const done = await ask("PATCH", path, session, { password: "other words", currentPassword: "carl's words" });
    assert.equal(done.status, 200);
    const renewed = { Cookie: done.cookies[0]?.split(";")[0] ?? "", "X-CSRF-Token": String(done.answer["csrfToken"]) };
    for (const ended of [session, other]) assert.equal((await ask("GET", "/api/session", ended)).status, 401);
    assert.equal((await ask("GET", "/api/session", renewed)).answer["name"], "carl");
    assert.equal((await ask("DELETE", "/api/session", renewed)).status, 200);
  });

  it("begin with an admin who needs no current password, and whose first one is on the disk until then", async () => {
    const { access, directory, ask, logIn } = await startAccessRig({ mode: "password", users: [] });
    const file = join(directory, "initial-admin-password");
    const session = await logIn({ loginLink: await access.invite() });
    assert.equal((await ask("GET", "/api/session", session)).answer["hasInitialPassword"], true);
    const first = readFileSync(file, "utf8").trim();
    await logIn({ name: "admin", password: first });
    assert.equal((await ask("PATCH", "/api/users/admin", session, { password: "my own words" })).status, 200);
    assert.throws(() => readFileSync(file), { code: "ENOENT" });
    await logIn({ name: "admin", password: "my own words" });
    assert.equal((await ask("POST", "/api/session", {}, { name: "admin", password: first })).status, 401);
  });

  it("show a device password to its user and to admins, and make another one when asked", async () => {
    const { ask, as } = await startAccessRig();
    const path = "/api/users/anna/device-password";
    const login = as("anna", anna.password);
    const one = (await ask("POST", path, login, {})).answer["password"];
    assert.equal((await ask("POST", path, as("root", root.password), {})).answer["password"], one);
    const other = (await ask("POST", path, login, { regenerate: true })).answer["password"];
    assert.notEqual(one, other);
    assert.equal((await ask("GET", "/api/session", as("anna", String(one)))).status, 401);
    assert.equal((await ask("GET", "/api/session", as("anna", String(other)))).status, 200);
    assert.equal((await ask("POST", path, as("anna", String(other)), {})).status, 403);
    assert.equal((await ask("DELETE", path, as("anna", String(other)))).status, 403);
    assert.equal((await ask("DELETE", "/api/users/root/device-password", login)).status, 403);
    const { answer } = await ask("DELETE", path, login);
    assert.equal((answer["user"] as Json)["hasDevicePassword"], false);
    assert.equal((await ask("GET", "/api/session", as("anna", String(other)))).status, 401);
    assert.equal((await ask("DELETE", path, login)).status, 404);
    assert.equal((await ask("POST", "/api/users/root/device-password", login, {})).status, 403);
    assert.equal((await ask("POST", "/api/users/nobody/device-password", as("root", root.password), {})).status, 404);
  });
});

describe("tokens by HTTP", () => {
  it("are made, listed and revoked by who they are of, with no more than they may", async () => {
    const { ask, as } = await startAccessRig();
    const [login, admin] = [as("anna", anna.password), as("root", root.password)];
    for (const [body, status] of [
      [{ name: "t", permissions: ["control"] }, 403],
      [{ name: "t", permissions: ["view"], cameras: ["back"] }, 403],
      [{ name: "t", permissions: ["all"] }, 400],
      [{ name: "t" }, 400],
      [{ name: "two\nlines", permissions: ["view"] }, 400], // users.json could not be read again
      [{ name: "t", permissions: ["view"], expiresInSeconds: 5 }, 400],
    ] as const) {
      assert.equal((await ask("POST", "/api/tokens", login, body)).status, status, JSON.stringify(body));
    }
    const { answer } = await ask("POST", "/api/tokens", login, {
      name: "t",
      permissions: ["view"],
      expiresInSeconds: 60,
    });
    assert.deepEqual([answer["user"], answer["cameras"], answer["lastUsed"]], ["anna", ["front"], null]);
    const bearer = { Authorization: `Bearer ${String(answer["token"])}` };
    const { answer: known } = await ask("GET", "/api/session", bearer);
    assert.deepEqual([known["permissions"], known["means"], known["csrfToken"]], [["view"], "bearer", undefined]);
    assert.equal((await ask("POST", "/api/tokens", bearer, { name: "t", permissions: ["view"] })).status, 403);
    const path = `/api/tokens/${String(answer["id"])}`;
    assert.equal((await ask("DELETE", path, bearer)).status, 403);
    await ask("POST", "/api/tokens", admin, { name: "of root", permissions: ["admin"] });
    const names = async (who: Readonly<Record<string, string>>): Promise<unknown[]> =>
      ((await ask("GET", "/api/tokens", who)).answer["tokens"] as Json[]).map(({ name }) => name);
    assert.deepEqual(await names(login), ["t"]);
    assert.deepEqual(await names(admin), ["t", "of root"]);
    assert.ok(!JSON.stringify((await ask("GET", "/api/tokens", admin)).answer).includes("hash"));
    assert.equal((await ask("DELETE", "/api/tokens/none", login)).status, 404);
    assert.equal((await ask("DELETE", path, login)).status, 200);
    assert.equal((await ask("GET", "/api/session", bearer)).status, 401);
  });
});

describe("the log", () => {
  it("says who logged in, what was wrong and who changed what, and no secret", async () => {
    const { access, ask, as, logIn, lines } = await startAccessRig();
    const admin = await logIn({ name: "root", password: root.password });
    const link = await access.loginLinks.create("anna");
    await logIn({ loginLink: link });
    await ask("POST", "/api/session", {}, { name: "anna", password: "wrong words" });
    await ask("POST", "/api/session", {}, { name: "typed by mistake", password: "wrong words" });
    await ask("POST", "/api/session", {}, { loginLink: link });
    await ask("POST", "/api/users", admin, { name: "carl", password: "carl's words", role: "control" });
    await ask("PATCH", "/api/users/carl", admin, { role: "viewer", password: "other words" });
    const device = "/api/users/carl/device-password";
    const made = await ask("POST", device, admin, {});
    await ask("POST", device, admin, {});
    const renewed = await ask("POST", device, admin, { regenerate: true });
    await ask("DELETE", device, admin);
    const lent = await ask("POST", "/api/tokens", as("carl", "other words"), { name: "wall", permissions: ["view"] });
    const signed = await ask("POST", "/api/signed-urls", admin, { path: "/cameras/front/stream" });
    await ask("DELETE", `/api/tokens/${String(lent.answer["id"])}`, admin);
    await ask("DELETE", "/api/users/carl", admin);
    const id = String(lent.answer["id"]);
    assert.deepEqual(
      lines.map((line) => line.replace(/ \{.*$/, "")),
      [
        "root logged in from 127.0.0.1 with a password",
        "anna logged in from 127.0.0.1 with a login link",
        "a wrong password of anna from 127.0.0.1",
        "a wrong password from 127.0.0.1",
        "a login link that is not valid from 127.0.0.1",
        "root made the account carl (control)",
        "root changed the account carl: password, viewer",
        "root made the device password of carl",
        "root looked at the device password of carl",
        "root renewed the device password of carl",
        "root removed the device password of carl",
        "carl came in from 127.0.0.1 by login password",
        `carl made the token wall (${id}): view`,
        `root signed /cameras/front/stream until ${String(signed.answer["expires"])}`,
        `root revoked the token wall (${id}) of carl`,
        "root removed the account carl",
      ],
    );
    const secrets = [link, made.answer["password"], renewed.answer["password"], lent.answer["token"]].map(String);
    const signature = new URLSearchParams(String(signed.answer["url"]).split("?")[1]).get("signature") ?? "?";
    for (const secret of [...secrets, signature, "words", "by mistake"])
      assert.ok(!lines.join().includes(secret), secret);
  });
});

describe("signed addresses by HTTP", () => {
  it("let a camera's path in, and no more than a day when a token asks", async () => {
    const { ask, as } = await startAccessRig();
    const login = as("anna", anna.password);
    const { answer } = await ask("POST", "/api/signed-urls", login, {
      path: "/cameras/front/stream",
      expiresInSeconds: 86_400 * 300,
    });
    const url = String(answer["url"]);
    assert.match(url, /^\/cameras\/front\/stream\?expires=\d+&user=anna&signature=[\w-]{43}$/);
    assert.equal((await ask("GET", url)).status, 200);
    assert.equal(
      (
        await ask(
          "GET",
          url.replace(/.$/, (last) => (last === "A" ? "E" : "A")),
        )
      ).status,
      401,
    );
    assert.equal((await ask("GET", url.replace("front", "back"))).status, 401);
    for (const [body, status] of [
      [{ path: "/cameras/back/stream" }, 404],
      [{ path: "/api/users" }, 422],
      [{ path: "/cameras/front/stream?x=1" }, 422],
      [{ path: "/cameras/front/stream", expiresInSeconds: 86_400 * 400 }, 400],
      [{}, 400],
    ] as const) {
      assert.equal((await ask("POST", "/api/signed-urls", login, body)).status, status, JSON.stringify(body));
    }
    const { answer: token } = await ask("POST", "/api/tokens", login, { name: "t", permissions: ["view", "snapshot"] });
    const bearer = { Authorization: `Bearer ${String(token["token"])}` };
    const path = "/cameras/front/stream";
    assert.equal((await ask("POST", "/api/signed-urls", bearer, { path, expiresInSeconds: 86_400 })).status, 200);
    assert.equal((await ask("POST", "/api/signed-urls", bearer, { path, expiresInSeconds: 86_401 })).status, 403);
  });

  it("carry the base path", async () => {
    const { ask, as } = await startAccessRig({ mode: "password", users: [root] }, "/cam");
    const admin = as("root", root.password);
    for (const path of ["/cameras/front/stream", "/cam/cameras/front/stream"]) {
      const { answer } = await ask("POST", "/cam/api/signed-urls", admin, { path });
      assert.match(String(answer["url"]), /^\/cam\/cameras\/front\/stream\?/);
      assert.equal((await ask("GET", String(answer["url"]))).status, 200);
    }
    const { cookies } = await ask("POST", "/cam/api/session", {}, { name: "root", password: root.password });
    assert.match(cookies[0] ?? "", /; Path=\/cam;/);
  });
});
