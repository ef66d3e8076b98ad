import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Principal } from "../../../src/access/principal.ts";
import type { Signer } from "../../../src/access/signed-urls.ts";
import { basic, bearer, digestHeader, requestFor } from "./access-rig.ts";
import { anna, refused, root, startGatekeeper } from "./gatekeeper-rig.ts";

const path = "/cameras/front/stream";
const forEver = Infinity;

/** A gatekeeper, and what to ask it about those that it lets in. */
async function start() {
  const rig = await startGatekeeper();
  const { access, identify, clock } = rig;
  const { gatekeeper, sessions, signedUrls, tokens, users } = access;
  await users.add({ name: "file", password: "long enough 1", role: "control" });
  const letIn = async (request: Parameters<typeof identify>[0]): Promise<Principal> =>
    (await identify(request)) ?? assert.fail("nobody");
  const left = (principal: Principal): number => gatekeeper.remainingMs(principal);
  const inSeconds = (seconds: number): number => Math.floor(clock.wallMs() / 1000) + seconds;
  const openSession = async (name = "file") => {
    const session = sessions.create(users.find(name) ?? assert.fail());
    const cookie = `${access.cookie.name(false)}=${sessions.format(session)}`;
    return { session, principal: await letIn(requestFor("/", { headers: { cookie } })) };
  };
  const lend = async (expires?: number) => {
    const end = expires === undefined ? {} : { expires };
    const { token, record } = await tokens.create({
      name: "t",
      user: "file",
      permissions: ["view", "snapshot"],
      ...end,
    });
    return { record, principal: await letIn(bearer(token)) };
  };
  const signAs = async ({ credential, name }: Principal, expires = inSeconds(60)) => {
    const signer = credential?.kind === "token" || credential?.kind === "device-password" ? credential : undefined;
    const user = users.find(name) ?? assert.fail();
    const query = signedUrls.sign(path, user, expires, signer as Signer | undefined);
    const request = requestFor(`${path}?${query}`);
    return { query, request, principal: await letIn(request) };
  };
  return { ...rig, letIn, left, inSeconds, openSession, lend, signAs };
}

describe("what somebody came by", () => {
  it("stands until it expires, and half a minute more, by the clock as it is set", async () => {
    const { left, clock, lend, signAs, openSession, inSeconds } = await start();
    const token = await lend(inSeconds(60));
    assert.equal(left(token.principal), 91_000);
    const address = await signAs((await openSession()).principal);
    assert.equal(left(address.principal), 91_000);
    assert.equal(left((await openSession()).principal), (30 * 86_400 + 31) * 1000);
    clock.jumpMs = 90_999;
    assert.deepEqual([left(token.principal), left(address.principal)], [1, 1]);
    clock.jumpMs = 91_000;
    assert.deepEqual([left(token.principal), left(address.principal)], [0, 0]);
    clock.jumpMs = 0;
    assert.deepEqual([left(token.principal), left(address.principal)], [91_000, 91_000]);
    assert.equal(left((await lend()).principal), forEver);
  });

  it("of a session stands to the end of its renewal, and not after the logout", async () => {
    const { access, left, clock, openSession } = await start();
    const [one, other] = [await openSession(), await openSession()];
    clock.jumpMs = 20 * 86_400_000;
    assert.equal(left(one.principal), (10 * 86_400 + 31) * 1000);
    assert.ok(access.sessions.renew(one.session));
    assert.equal(left(one.principal), (30 * 86_400 + 31) * 1000);
    assert.equal(left(other.principal), (10 * 86_400 + 31) * 1000);
    let changes = 0;
    const end = access.gatekeeper.onChange(() => (changes += 1));
    access.sessions.revoke(one.session);
    assert.deepEqual([left(one.principal), changes], [0, 1]);
    assert.ok(left(other.principal) > 0);
    end();
    access.sessions.revoke(other.session);
    assert.deepEqual([left(other.principal), changes], [0, 1]);
  });

  it("of a token stands until that one is revoked, with the addresses that it signed", async () => {
    const { access, left, lend, signAs, identify } = await start();
    const [one, other] = [await lend(), await lend()];
    const [ofOne, ofOther] = [await signAs(one.principal), await signAs(other.principal)];
    let changes = 0;
    access.gatekeeper.onChange(() => (changes += 1));
    await access.tokens.revoke(one.record.id);
    assert.ok(changes > 0);
    assert.deepEqual([left(one.principal), left(ofOne.principal)], [0, 0]);
    assert.deepEqual([left(other.principal), left(ofOther.principal)], [forEver, 91_000]);
    await refused(identify(ofOne.request));
    assert.ok(await identify(ofOther.request));
    await access.users.change("file", { password: "long enough 2" });
    assert.deepEqual([left(other.principal), left(ofOther.principal)], [forEver, 0]);
    await refused(identify(ofOther.request));
  });

  it("of a device password stands until it is renewed or taken away, with the addresses that it signed", async () => {
    const { access, left, letIn, nonce, digest, signAs, identify, openSession } = await start();
    const login = await openSession();
    const byLogin = await letIn(basic("file", "long enough 1"));
    const comeBy = async () => {
      const password = await access.users.showDevicePassword("file");
      const byBasic = await letIn(basic("file", password));
      const byDigest = await letIn(digest(digestHeader({ username: "file", nonce: nonce() }, password)));
      return { byBasic, byDigest, address: await signAs(byDigest) };
    };
    const { users } = access;
    for (const change of [() => users.makeDevicePassword("file"), () => users.removeDevicePassword("file")]) {
      const { byBasic, byDigest, address } = await comeBy();
      assert.deepEqual([left(byBasic), left(byDigest), left(address.principal)], [forEver, forEver, 91_000]);
      await change();
      assert.deepEqual([left(byBasic), left(byDigest), left(address.principal)], [0, 0, 0]);
      await refused(identify(address.request));
      assert.ok(left(login.principal) > 0);
      assert.equal(left(byLogin), forEver);
    }
  });

  it("of a login ends with the password; its addresses do so, too, but not with the logout", async () => {
    const { access, left, letIn, signAs, openSession, identify } = await start();
    const { session, principal } = await openSession();
    const byBasic = await letIn(basic("file", "long enough 1"));
    const address = await signAs(principal);
    access.sessions.revoke(session);
    assert.deepEqual([left(principal), left(byBasic), left(address.principal)], [0, forEver, 91_000]);
    assert.ok(await identify(address.request));
    await access.users.change("file", { password: "long enough 2" });
    assert.deepEqual([left(byBasic), left(address.principal)], [0, 0]);
    await refused(identify(address.request));
  });

  it("ends when the user may do less than it was let in for, and only then", async () => {
    const { access, left, letIn, signAs, openSession } = await start();
    const { principal } = await openSession();
    const address = await signAs(await letIn(basic("file", "long enough 1")));
    await access.users.change("file", { role: "admin" });
    assert.ok(left(principal) > 0);
    await access.users.change("file", { role: "viewer" });
    assert.deepEqual([left(principal), left(address.principal)], [0, 91_000]);
    await access.users.change("file", { role: "control", cameras: ["front", "back"] });
    assert.deepEqual([left(principal), left(address.principal)], [0, 91_000], "all cameras are more than two");
    const { principal: ofTwo } = await openSession();
    await access.users.change("file", { cameras: ["back"] });
    assert.deepEqual([left(ofTwo), left(address.principal)], [0, 0]);
    await access.users.change("file", { cameras: null });
    assert.ok(left(ofTwo) > 0);
    await access.users.remove("file");
    assert.deepEqual([left(ofTwo), left(address.principal)], [0, 0]);
  });

  it("is nothing where nobody is asked", async () => {
    const { access, identify } = await startGatekeeper({ auth: { mode: "none", users: [] } });
    assert.equal(access.gatekeeper.remainingMs((await identify(requestFor("/"))) ?? assert.fail()), forEver);
    const { left } = await start();
    assert.equal(left({ name: "anna", permissions: new Set(), cameras: undefined, means: "basic" }), 0);
  });
});

describe("the signer of an address", () => {
  it("stands behind its signature, and cannot be put there, taken off or exchanged", async () => {
    const { lend, signAs, openSession, identify } = await start();
    const { record, principal } = await lend();
    const lent = await signAs(principal);
    const own = await signAs((await openSession()).principal);
    const [ofToken, ofLogin] = [lent, own].map(({ query }) => new URLSearchParams(query).get("signature") ?? "");
    assert.match(ofLogin ?? "", /^[\w-]{43}$/);
    assert.equal(ofToken, `${ofToken?.slice(0, 43)}.t${record.id}`);
    const forged = [
      ofToken?.slice(0, 43),
      `${ofLogin}.t${record.id}`,
      `${ofToken?.slice(0, 43)}.d${record.id}`,
      `${ofToken}x`,
      `${ofToken?.slice(0, 43)}.`,
      `${ofLogin}.`,
    ];
    for (const signature of forged) {
      const query = new URLSearchParams(lent.query);
      query.set("signature", signature ?? "");
      await refused(identify(requestFor(`${path}?${query.toString()}`)));
    }
    assert.ok(await identify(lent.request));
  });

  it("does not end with somebody else's token of the same id", async () => {
    const { access, signAs, lend } = await start();
    const { principal } = await lend();
    const { principal: address } = await signAs(principal);
    assert.equal(access.gatekeeper.remainingMs({ ...address, name: anna.name }), 0);
    assert.equal(access.gatekeeper.remainingMs({ ...principal, name: root.name }), 0);
  });
});
