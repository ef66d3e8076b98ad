import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { basic, DoorHouse } from "../support/door-house.ts";
import { DoorKeys, password } from "../support/door-keys.ts";

type Headers = Readonly<Record<string, string>>;

describe("credentials that are shown in another way", { timeout: 60_000 }, () => {
  let house: DoorHouse;
  let token: string;
  let session: { readonly name: string; readonly value: string; readonly csrf: string };
  before(async () => {
    house = await DoorHouse.open();
    await DoorKeys.cut(house);
    token = await makeToken({ permissions: ["view", "admin"] });
    const made = await house.tell({ method: "POST", path: "/api/session", body: { name: "admin", password } });
    const [name = "", value = ""] = made.cookie.split("=");
    session = { name, value, csrf: String(made["csrfToken"]) };
  });
  after(() => house?.close());

  async function makeToken(more: object): Promise<string> {
    const body = { name: "for a trick", ...more };
    const made = await house.tell({ method: "POST", path: "/api/tokens", headers: basic("admin", password), body });
    return String(made["token"]);
  }

  const get = async (path: string, headers: Headers = {}): Promise<number> =>
    (await house.ask({ method: "GET", path, headers })).status;

  it("a token counts in Authorization alone", async () => {
    assert.equal(await get("/api/users", { Authorization: `Bearer ${token}` }), 200);
    for (const key of ["token", "access_token", "auth", "authorization", "apikey"]) {
      assert.equal(await get(`/api/users?${key}=${token}`), 401, key);
      assert.equal(await get(`/api/users?${key}=Bearer%20${token}`), 401, key);
    }
    assert.equal(await get("/api/users", { Cookie: `token=${token}; ${session.name}=${token}` }), 401);
    assert.equal(await get("/api/users", { "X-Api-Key": token, "Proxy-Authorization": `Bearer ${token}` }), 401);
    assert.equal(await get("/api/users", basic("admin", token)), 401);
    assert.equal(await get("/api/users", { Authorization: token }), 401);
    const two = `${basic("viewer", password)["Authorization"]}, ${basic("admin", password)["Authorization"]}`;
    assert.equal(await get("/api/users", { Authorization: two }), 401);
  });

  it("a session counts in its own cookie alone", async () => {
    const { name, value } = session;
    assert.equal(await get("/api/users", { Cookie: `a=b; ${name}=of another path; ${name}=${value}` }), 200);
    const others = [
      `__Host-${name}`,
      `__Secure-${name}`,
      name.toUpperCase(),
      `${name}x`,
      "sightline",
      "sightline-000000",
    ];
    for (const other of others) assert.equal(await get("/api/users", { Cookie: `${other}=${value}` }), 401, other);
    for (const changed of [
      `${value}x`,
      value.slice(1),
      value.slice(0, -1),
      value.replace(".", ".."),
      value.toUpperCase(),
    ]) {
      assert.equal(await get("/api/users", { Cookie: `${name}=${changed}` }), 401, changed);
    }
    assert.equal(await get(`/api/users?${name}=${value}`), 401);
    const bad = { Cookie: `${name}=${value}`, Authorization: "Bearer none" };
    assert.equal(await get("/api/users", bad), 401, "what is wrong is not made good by a cookie");
  });

  it("a CSRF token counts in its own header alone", async () => {
    const { name, value, csrf } = session;
    const remove = async (headers: Headers, query = "", body?: object): Promise<number> =>
      (
        await house.ask({
          method: "DELETE",
          path: `/api/tokens/none${query}`,
          headers: { Cookie: `${name}=${value}`, ...headers },
          body,
        })
      ).status;
    assert.equal(await remove({ "X-CSRF-Token": csrf }), 404, "let in");
    assert.equal(await remove({ "X-CSRF-Token": `wrong, ${csrf}` }), 403);
    assert.equal(
      await remove({ "X-XSRF-Token": csrf, "CSRF-Token": csrf, Cookie: `${name}=${value}; X-CSRF-Token=${csrf}` }),
      403,
    );
    assert.equal(await remove({}, `?X-CSRF-Token=${csrf}&csrfToken=${csrf}`), 403);
    assert.equal(await remove({}, "", { csrfToken: csrf }), 403);
  });

  it("no header says for another who asks, what, or how", async () => {
    const who = {
      "Remote-User": "admin",
      "X-Remote-User": "admin",
      "X-Forwarded-User": "admin",
      "X-Forwarded-For": "127.0.0.1",
    };
    assert.equal(
      await get("/api/users", { ...who, "X-Real-IP": "127.0.0.1", Forwarded: "for=127.0.0.1;by=admin" }),
      401,
    );
    const where = { "X-Original-URL": "/api/users", "X-Rewrite-URL": "/api/users", "X-Forwarded-Prefix": "/api/users" };
    assert.equal((await house.ask({ method: "GET", path: "/healthz", headers: where })).text, "ok\n");
    const how = { "X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE" };
    assert.equal(await get("/api/users/viewer?_method=DELETE", { ...basic("admin", password), ...how }), 405);
    assert.equal(await get("/cameras/front/snapshot.jpg", basic("viewer", password)), 200, "the viewer is still there");
  });

  it("names that mean something to the language are names of nobody", async () => {
    for (const name of ["__proto__", "constructor", "toString", "%2e%2e", "..", "a%00b", "a%0d%0ab", "%E2%80%AE"]) {
      const path = `/api/users/${name}/device-password`;
      const { status } = await house.ask({ method: "POST", path, headers: basic("admin", password), body: {} });
      assert.equal(status, 404, name);
      assert.equal(await get(`/api/cameras/${name}`, basic("admin", password)), 404, name);
      const mine = { ...basic("viewer", password) };
      assert.equal((await house.ask({ method: "POST", path, headers: mine, body: {} })).status, 403, name);
    }
  });

  it("nobody administrates for some cameras only: they could give themselves the others", async () => {
    const token = { name: "narrow", permissions: ["admin"], cameras: ["back"] };
    const user = { name: "accomplice", password, role: "admin", cameras: ["back"] };
    for (const [path, body] of [
      ["/api/tokens", token],
      ["/api/users", user],
    ] as const) {
      const { status } = await house.ask({ method: "POST", path, headers: basic("admin", password), body });
      assert.equal(status, 422, path);
    }
  });
});
