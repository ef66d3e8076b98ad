import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { basic, bearer, requestFor } from "./access-rig.ts";
import { anna, may, refused, startGatekeeper } from "./gatekeeper-rig.ts";

describe("the gatekeeper", () => {
  describe("bearer tokens", () => {
    it("let in with what both token and user may", async () => {
      const { access, identify } = await startGatekeeper();
      const { token } = await access.tokens.create({
        name: "t",
        user: "anna",
        permissions: ["view", "control", "admin"],
        cameras: ["back", "other"],
      });
      const known = await identify(bearer(token));
      assert.equal(may(known), "view");
      assert.deepEqual(known?.cameras, ["back"]);
      assert.equal(known?.means, "bearer");
      const all = await access.tokens.create({ name: "t", user: "root", permissions: ["snapshot"] });
      assert.equal((await identify(bearer(all.token)))?.cameras, undefined);
      assert.equal(
        (await identify(requestFor("/", { headers: { authorization: `bearer  ${all.token} ` } })))?.name,
        "root",
      );
    });

    it("are refused when expired, revoked, changed, or of a user who is gone", async () => {
      const { access, identify, clock } = await startGatekeeper();
      const expires = Math.floor(clock.wallMs() / 1000) + 60;
      const short = await access.tokens.create({ name: "t", user: "anna", permissions: ["view"], expires });
      assert.ok(await identify(bearer(short.token)));
      clock.jumpMs = 90_000;
      assert.ok(await identify(bearer(short.token)));
      clock.jumpMs = 91_000;
      const { headers } = await refused(identify(bearer(short.token)));
      assert.match(String(headers["WWW-Authenticate"]), /^Bearer realm="Sightline", error="invalid_token",/);
      clock.jumpMs = 1 - clock.wallMs() + clock.jumpMs;
      assert.ok(await identify(bearer(short.token)));

      const { token, record } = await access.tokens.create({ name: "t", user: "anna", permissions: ["view"] });
      for (let at = 0; at < token.length; at += 1) {
        const changed = `${token.slice(0, at)}${token[at] === "x" ? "y" : "x"}${token.slice(at + 1)}`;
        await refused(identify(bearer(changed)));
      }
      await access.tokens.revoke(record.id);
      await refused(identify(bearer(token)));

      await access.users.add({ name: "file", password: "long enough 1", role: "viewer" });
      const of = await access.tokens.create({ name: "t", user: "file", permissions: ["view"] });
      await access.users.change("file", { password: "long enough 2" });
      assert.ok(await identify(bearer(of.token)));
      await access.users.remove("file");
      await access.users.add({ name: "file", password: "long enough 1", role: "viewer" });
      await refused(identify(bearer(of.token)));
    });

    it("are kept as hash only, with the day of their last use, and not without end", async () => {
      const { access, identify, clock } = await startGatekeeper();
      const { token } = await access.tokens.create({ name: "t", user: "anna", permissions: ["view"] });
      assert.ok(!JSON.stringify(access.tokens.list()).includes(token.slice(4)));
      await identify(bearer(token));
      await clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
      await access.tokens.revoke("none"); // changes come one after the other: that of the day is done then
      assert.equal(access.tokens.list()[0]?.lastUsed, "2023-11-14");
      for (let count = 1; count < 100; count += 1)
        await access.tokens.create({ name: "t", user: "anna", permissions: [] });
      await assert.rejects(access.tokens.create({ name: "t", user: "anna", permissions: [] }), { status: 409 });
    });
  });

  describe("signed addresses and sessions", () => {
    it("let in to one camera, with view and snapshot only", async () => {
      const { access, identify, clock } = await startGatekeeper();
      const query = access.signedUrls.sign(
        "/cameras/front/stream",
        access.users.find("root") ?? assert.fail(),
        Math.floor(clock.wallMs() / 1000) + 60,
      );
      const known = await identify(requestFor(`/cameras/front/stream?${query}`));
      assert.deepEqual([known?.means, may(known), known?.cameras], ["signed-url", "view snapshot", ["front"]]);
      await refused(identify(requestFor(`/cameras/back/stream?${query}`)));
      await refused(identify(requestFor(`/api/users?${query}`)));
      await refused(identify(requestFor("/?signature=")));
      const others = access.signedUrls.sign(
        "/cameras/other/stream",
        access.users.find("anna") ?? assert.fail(),
        99_999_999_999,
      );
      assert.deepEqual((await identify(requestFor(`/cameras/other/stream?${others}`)))?.cameras, []);
    });

    it("a cookie that is none of ours is nobody, not a refusal", async () => {
      const { access, identify } = await startGatekeeper();
      const session = access.sessions.create(access.users.find("anna") ?? assert.fail());
      const name = access.cookie.name(false);
      const value = access.sessions.format(session);
      const known = await identify(requestFor("/", { headers: { cookie: `${name}=${value}` } }));
      assert.deepEqual(
        [known?.name, known?.means, known?.csrfToken],
        ["anna", "session", access.sessions.csrfToken(session)],
      );
      for (const cookie of [`${name}=`, `${name}=${value}x`, `other=${value}`, "", ";", "="]) {
        assert.equal(await identify(requestFor("/", { headers: { cookie } })), undefined, cookie);
      }
      assert.equal(
        await identify(requestFor("/", { headers: { cookie: `${name}=${value}` }, isEncrypted: true })),
        undefined,
      );
    });

    it("the first kind of credentials counts", async () => {
      const { access, identify } = await startGatekeeper();
      const session = access.sessions.create(access.users.find("root") ?? assert.fail());
      const cookie = `${access.cookie.name(false)}=${access.sessions.format(session)}`;
      const { authorization = "" } = basic("anna", anna.password).headers;
      assert.equal((await identify(requestFor("/", { headers: { cookie, authorization } })))?.name, "anna");
      await refused(identify(requestFor("/", { headers: { cookie, authorization: "Basic YTpi" } })));
      await refused(identify(requestFor("/?signature=x", { headers: { cookie } })));
    });
  });
});
