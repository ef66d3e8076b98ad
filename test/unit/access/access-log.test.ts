import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AccessLog } from "../../../src/access/access-log.ts";
import { describeChanges } from "../../../src/access/describe-changes.ts";
import { noUsers, type TokenRecord, type UserRecord } from "../../../src/access/user-records.ts";
import { silentLog, type Log } from "../../../src/core/log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { basic, bearer, digestHeader, requestFor } from "./access-rig.ts";
import { anna, refused, startGatekeeper } from "./gatekeeper-rig.ts";

function createLog() {
  const lines: string[] = [];
  const fields: object[] = [];
  const say = (level: string) => (given: object, message: string) => {
    fields.push(given);
    lines.push(`${level} ${message}`);
  };
  const log: Log = { ...silentLog, info: say("info"), warn: say("warn"), child: () => log };
  return { log, lines, fields };
}

describe("the log of the accounts", () => {
  it("says who comes in, the first time from each network by each means", async () => {
    const { log, lines, fields } = createLog();
    const { access, identify, nonce, digest } = await startGatekeeper({ log });
    const device = await access.users.makeDevicePassword("anna");
    lines.length = fields.length = 0;
    const { token } = await access.tokens.create({ name: "t", user: "anna", permissions: ["view"] });
    const user = access.users.find("anna") ?? assert.fail();
    const query = access.signedUrls.sign("/cameras/front/stream", user, 99_999_999_999);
    const session = access.sessions.format(access.sessions.create(user));
    for (let time = 0; time < 3; time += 1) {
      await identify(basic("anna", anna.password));
      await identify(basic("anna", device));
      await identify(digest(digestHeader({ username: "anna", nonce: nonce() }, device)));
      await identify(bearer(token));
      await identify(requestFor(`/cameras/front/stream?${query}`));
      await identify(requestFor("/", { headers: { cookie: `${access.cookie.name(false)}=${session}` } }));
    }
    await identify({ ...basic("anna", device), address: "2001:db8::1" });
    await identify({ ...basic("anna", device), address: "2001:db8::2" });
    assert.deepEqual(lines, [
      "info anna came in from 192.0.2.1 by login password",
      "info anna came in from 192.0.2.1 by device password",
      "info anna came in from 192.0.2.1 by device password", // Digest
      "info anna came in from 192.0.2.1 by token",
      "info anna came in from 192.0.2.1 by signed address",
      "info anna came in from 2001:db8::1 by device password",
    ]);
    assert.deepEqual(fields[2], { user: "anna", address: "192.0.2.1", means: "digest" });
  });

  it("says what was wrong, with a name only where it is an account's", async () => {
    const { log, lines } = createLog();
    const { identify, access, nonce, digest } = await startGatekeeper({ log });
    await access.users.makeDevicePassword("anna");
    lines.length = 0;
    await refused(identify(basic("anna", "wrong words")));
    await refused(identify(basic("my secret typed as a name", "wrong words")));
    await refused(identify(digest(digestHeader({ username: "anna", nonce: nonce() }, "wrong words"))));
    await refused(identify(bearer(`slt_${"x".repeat(43)}`)));
    await refused(identify(requestFor("/cameras/front/stream?expires=1&user=anna&signature=wrong")));
    assert.deepEqual(lines, [
      "warn a wrong password of anna from 192.0.2.1",
      "warn a wrong password from 192.0.2.1",
      "warn a wrong Digest answer of anna from 192.0.2.1",
      "warn a token that is not valid from 192.0.2.1",
      "warn a signed address that is not valid, or not any more, from 192.0.2.1",
    ]);
  });

  it("is bounded, by kind, and says how much it left out", async () => {
    const { log, lines } = createLog();
    const clock = new FakeClock();
    const accessLog = new AccessLog(log, clock);
    for (let count = 0; count < 1_000; count += 1) accessLog.refused(`192.0.2.${count}`, "a wrong password");
    assert.equal(lines.length, 30);
    accessLog.changed("root", "192.0.2.1", "removed the account anna");
    assert.equal(lines.at(-1), "info root removed the account anna");
    await clock.advance(10_000);
    accessLog.refused("192.0.2.1", "a wrong password");
    assert.equal(lines.at(-1), "warn a wrong password from 192.0.2.1 (and 970 more lines like it)");
    accessLog.refused("192.0.2.1", "a wrong password");
    assert.equal(lines.length, 32);
    await clock.advance(300_000);
    for (let count = 0; count < 40; count += 1) accessLog.refused("192.0.2.1", "a wrong password");
    assert.equal(lines.length, 62);
  });

  it("says what another process changed, and nothing of uses", () => {
    const anna: UserRecord = { name: "anna", role: "viewer", verifier: "v", generation: "g" };
    const token: TokenRecord = { id: "i", name: "t", user: "anna", permissions: [], created: 1, hash: "h" };
    const all = {
      users: [anna],
      devices: [{ user: "anna", secret: "s" }],
      tokens: [token],
      loginLinks: [{ user: "anna", expires: 1, hash: "h" }],
    };
    assert.deepEqual(describeChanges(noUsers, all), [
      "the account anna (viewer) was made",
      "the device password of anna was made",
      "the token t (i) of anna was made",
      "a login link for anna was made",
    ]);
    assert.deepEqual(describeChanges(all, noUsers), [
      "the account anna (viewer) was removed",
      "the device password of anna was removed",
      "the token t (i) of anna was removed",
    ]);
    const changed = {
      users: [{ ...anna, role: "admin", generation: "other", cameras: ["a"] } as const],
      devices: [{ user: "anna", secret: "other" }],
      tokens: [{ ...token, lastUsed: "2026-01-31" }],
      loginLinks: [],
    };
    assert.deepEqual(describeChanges(all, changed), [
      "the account anna was given a new password, the role admin, other cameras",
      "the device password of anna was renewed",
    ]);
    assert.deepEqual(describeChanges(all, { ...all }), []);
    const otherOrder = Object.fromEntries(Object.entries(anna).toReversed()) as unknown as typeof anna;
    assert.deepEqual(describeChanges(all, { ...all, users: [otherOrder] }), [], "the order of members is no change");
    const { log, lines } = createLog();
    const accessLog = new AccessLog(log, new FakeClock());
    accessLog.fileChanged({ before: noUsers, after: { ...noUsers, users: [anna] }, isOwn: true });
    accessLog.fileChanged({ before: noUsers, after: { ...noUsers, users: [anna] }, isOwn: false });
    assert.deepEqual(lines, ["info by command, or in the file: the account anna (viewer) was made"]);
  });
});
