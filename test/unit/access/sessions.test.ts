import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { SecretKey } from "../../../src/access/secret-key.ts";
import { parseCookies, SessionCookie } from "../../../src/access/session-cookie.ts";
import type { User } from "../../../src/access/users.ts";
import { silentLog } from "../../../src/core/log.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { noDirectory, requestFor, startAccess } from "./access-rig.ts";

const day = 86_400_000;

async function rig() {
  const store = memoryStore();
  const { access, clock } = await startAccess({ store });
  const { sessions, users } = access;
  const admin = (): User => users.find("admin") ?? assert.fail("no admin");
  return { access, clock, sessions, users, admin, store };
}

describe("sessions", () => {
  it("come back from their cookie", async () => {
    const { sessions, admin, clock } = await rig();
    const session = sessions.create(admin());
    assert.equal(session.expires - session.issued, 30 * 86_400);
    assert.equal(session.issued, Math.floor(clock.wallMs() / 1000));
    assert.deepEqual(sessions.read(sessions.format(session)), session);
    assert.match(sessions.csrfToken(session), /^[A-Za-z0-9_-]{43}$/);
    assert.notEqual(sessions.csrfToken(session), sessions.csrfToken(sessions.create(admin())));
  });

  it("with any character changed, left out or added are refused", async () => {
    const { sessions, admin } = await rig();
    const value = sessions.format(sessions.create(admin()));
    for (let at = 0; at <= value.length; at += 1) {
      for (const other of ["A", "B", ".", "=", "\u00e9", ""]) {
        const changed = value.slice(0, at) + other + value.slice(at + 1);
        if (changed !== value) assert.equal(sessions.read(changed), undefined, changed);
      }
      assert.equal(sessions.read(value.slice(0, at) + "A" + value.slice(at)), undefined);
    }
  });

  it("any value is read or refused", async () => {
    const { sessions, admin } = await rig();
    const value = sessions.format(sessions.create(admin()));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constant(value)), (text) => void sessions.read(text)));
    fc.assert(fc.property(fc.string(), (text) => sessions.read(`${value}${text}`) === undefined || text === ""));
  });

  it("of another server are refused", async () => {
    const [one, other] = [await rig(), await rig()];
    assert.equal(other.sessions.read(one.sessions.format(one.sessions.create(one.admin()))), undefined);
  });

  it("end after 30 days and 30 seconds", async () => {
    const { sessions, admin, clock } = await rig();
    const value = sessions.format(sessions.create(admin()));
    clock.jumpMs = 30 * day + 30_000;
    assert.ok(sessions.read(value));
    clock.jumpMs += 1_000;
    assert.equal(sessions.read(value), undefined);
  });

  it("last longer when half of the time has gone, but a year at most", async () => {
    const { sessions, admin, clock } = await rig();
    let session = sessions.create(admin());
    assert.equal(sessions.renew(session), undefined);
    clock.jumpMs = 14 * day;
    assert.equal(sessions.renew(session), undefined);
    for (let days = 16; days < 500; days += 16) {
      clock.jumpMs = days * day;
      session = sessions.renew(session) ?? session;
      if (days < 350) assert.ok(sessions.read(sessions.format(session)), String(days));
    }
    assert.equal(session.expires - session.issued, 365 * 86_400);
    assert.equal(sessions.read(sessions.format(session)), undefined);
  });

  it("outlast a clock that jumps back, to 1970 too", async () => {
    const { sessions, admin, clock } = await rig();
    const session = sessions.create(admin());
    clock.jumpMs = -clock.wallMs() + 1;
    assert.deepEqual(sessions.read(sessions.format(session)), session);
    assert.equal(sessions.renew(session), undefined);
  });

  it("end at the logout, also after a restart, and with all their copies", async () => {
    const { sessions, admin, clock, store, access } = await rig();
    const session = sessions.create(admin());
    const other = sessions.create(admin());
    clock.jumpMs = 20 * day;
    const renewed = sessions.renew(session) ?? assert.fail();
    sessions.revoke(session);
    assert.equal(sessions.read(sessions.format(session)), undefined);
    clock.jumpMs = 40 * day;
    assert.equal(sessions.read(sessions.format(renewed)), undefined);
    clock.jumpMs = 20 * day;
    assert.ok(sessions.read(sessions.format(other)));
    assert.deepEqual(Object.keys(store.get("revoked") as object), [session.id]);
    clock.jumpMs = 366 * day + 60_000;
    access.sessions.revoke(sessions.create(admin()));
    assert.equal(Object.keys(store.get("revoked") as object).length, 1);
  });

  it("stand garbage where the logged-out ones are kept", async () => {
    for (const garbage of [null, 5, [1], { a: "b" }, "x"]) {
      const store = memoryStore();
      store.set("revoked", garbage);
      const { access } = await startAccess({ store });
      const session = access.sessions.create(access.users.find("admin") ?? assert.fail());
      assert.ok(access.sessions.read(access.sessions.format(session)));
    }
  });

  it("end with a new password and with the user, and a later user of the name does not get them", async () => {
    const { sessions, users } = await rig();
    await users.add({ name: "anna", password: "long enough 1", role: "viewer" });
    const before = sessions.format(sessions.create(users.find("anna") ?? assert.fail()));
    await users.change("anna", { role: "control" });
    assert.ok(sessions.read(before));
    await users.change("anna", { password: "long enough 2" });
    assert.equal(sessions.read(before), undefined);
    const after = sessions.format(sessions.create(users.find("anna") ?? assert.fail()));
    await users.remove("anna");
    assert.equal(sessions.read(after), undefined);
    await users.add({ name: "anna", password: "long enough 2", role: "viewer" });
    assert.equal(sessions.read(after), undefined);
  });
});

async function createCookie(basePath: string): Promise<SessionCookie> {
  const key = new SecretKey(noDirectory, new FakeClock());
  await key.loadOrDoWithout(silentLog);
  return new SessionCookie(key, basePath);
}

describe("the session cookie", () => {
  it("is for this server alone, and only over HTTPS where it was given there", async () => {
    const cookie = await createCookie("/");
    assert.match(
      cookie.format("v", false),
      /^sightline-[A-Za-z0-9_-]{6}=v; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
    );
    assert.match(
      cookie.format("v", true),
      /^__Host-sightline-.{6}=v; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/,
    );
    assert.match(cookie.format(undefined, false), /^sightline-.{6}=; Path=\/; Max-Age=0; /);
    assert.match((await createCookie("/cam/")).format("v", true), /^__Secure-sightline-.{6}=v; Path=\/cam; /);
    assert.notEqual(cookie.name(false), (await createCookie("/")).name(false));
  });

  it("is found among others, as often as it is there, under its own name only", async () => {
    const cookie = await createCookie("/");
    const [plain, secure] = [cookie.name(false), cookie.name(true)];
    const header = `a=b; ${plain}=1;${plain}="2"; ${secure}=3; =; x`;
    assert.deepEqual(cookie.values(header, false), ["1", "2"]);
    assert.deepEqual(cookie.values(header, true), ["3"]);
    assert.deepEqual(cookie.values(undefined, false), []);
  });

  test("any header is read", () => {
    fc.assert(fc.property(fc.string(), (header) => void parseCookies(header)));
    assert.deepEqual(parseCookies(`a=${"x".repeat(20_000)}`), []);
  });

  it("several at once: the one that is good counts", async () => {
    const { access, sessions, admin } = await rig();
    const name = access.cookie.name(false);
    const value = sessions.format(sessions.create(admin()));
    const request = requestFor("/", { headers: { cookie: `${name}=old; ${name}=${value}` } });
    assert.equal((await access.gatekeeper.identify(request))?.means, "session");
  });
});
