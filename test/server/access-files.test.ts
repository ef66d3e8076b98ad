import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Access, openAccounts } from "../../src/access/access.ts";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { parseSecretKey, SecretKey } from "../../src/access/secret-key.ts";
import { Tokens } from "../../src/access/tokens.ts";
import { UserFile } from "../../src/access/user-file.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog, type Log } from "../../src/core/log.ts";
import { withFileLock } from "../../src/store/file-lock.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { replaceFile } from "../../src/store/replace-file.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { digestHeader, requestFor } from "../unit/access/access-rig.ts";
import { until } from "../support/wait.ts";

const cheapCost = { logCost: 10, blockSize: 1, parallel: 1 };
const auth = { mode: "password", users: [] } as const;
const good = "long enough 1";
const isRoot = process.getuid?.() === 0;

let directory: string;
let lines: string[];
let log: Log;
let ends: (() => Promise<void>)[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sightline-files-"));
  lines = [];
  ends = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  log = { ...silentLog, info: say, warn: say, error: say, child: () => log };
});
afterEach(async () => {
  for (const end of ends) await end();
  rmSync(directory, { recursive: true, force: true });
});

async function start(clock = new FakeClock()) {
  const access = new Access({ auth, directory, basePath: "/", clock, log, store: memoryStore(), cost: cheapCost });
  await access.start();
  ends.push(() => access.stop());
  return { access, clock };
}

/** Runs the timers until the disk has been read. */
async function untilTrue(clock: FakeClock, isTrue: () => boolean): Promise<void> {
  await until(async () => {
    await clock.advance(2_000);
    return isTrue() || undefined;
  }, "the file to be seen");
}

const path = (name: string): string => join(directory, name);
const mode = (name: string): string => (statSync(path(name)).mode & 0o7777).toString(8);

describe("the files of the accounts", () => {
  it("are made at the first start, for their owner alone, and used again at the next", async () => {
    const first = await start();
    assert.deepEqual(readdirSync(directory).sort(), ["initial-admin-password", "secret.key", "users.json"]);
    for (const name of readdirSync(directory)) assert.equal(mode(name), "600", name);
    const password = readFileSync(path("initial-admin-password"), "utf8").trim();
    assert.ok(await first.access.passwords.logIn("admin", password, "192.0.2.1"));
    assert.ok(!readFileSync(path("users.json"), "utf8").includes(password));
    assert.ok(!lines.join("\n").includes(password));
    const { sessions, users } = first.access;
    const value = sessions.format(sessions.create(users.find("admin") ?? assert.fail()));
    const device = await users.makeDevicePassword("admin");
    assert.ok(!readFileSync(path("users.json"), "utf8").includes(device));
    const second = await start();
    assert.ok(second.access.sessions.read(value));
    assert.equal(second.access.users.devicePassword("admin"), device);
    assert.equal(readFileSync(path("initial-admin-password"), "utf8").trim(), password);
    assert.notEqual(await second.access.invite(), undefined);
  });

  it("of a first account that is no admin get an admin at the next start, with a link", async () => {
    const { users } = await openAccounts({ auth, directory, clock: systemClock, log });
    await users.add({ name: "guest", password: good, role: "viewer" });
    const { access } = await start();
    assert.deepEqual(
      access.users.list().map(({ name, role }) => [name, role]),
      [
        ["guest", "viewer"],
        ["admin", "admin"],
      ],
    );
    assert.ok(lines.some((line) => line.startsWith("none of the accounts is an admin, so there is a new one")));
    const password = readFileSync(path("initial-admin-password"), "utf8").trim();
    assert.ok(await access.passwords.logIn("admin", password, "192.0.2.1"));
    await access.stop();
    const again = await start();
    assert.equal(again.access.users.list().length, 2);
  });

  it("are not made with auth.mode none, but for the key", async () => {
    const none = { mode: "none", users: [] } as const;
    const access = new Access({
      auth: none,
      directory,
      basePath: "/",
      clock: new FakeClock(),
      log,
      store: memoryStore(),
    });
    await access.start();
    ends.push(() => access.stop());
    assert.deepEqual(readdirSync(directory), ["secret.key"]);
    assert.equal(await access.invite(), undefined);
  });

  it("changed by a command are seen by the server, and the other way round", async () => {
    const { access, clock } = await start();
    const accounts = await openAccounts({ auth, directory, clock: systemClock, log });
    await accounts.users.add({ name: "anna", password: good, role: "viewer" });
    await untilTrue(clock, () => access.users.find("anna") !== undefined);
    const link = await accounts.loginLinks.create("anna");
    await untilTrue(clock, () => access.users.list().length === 2);
    await untilTrue(clock, () => readFileSync(path("users.json"), "utf8").includes("loginLinks"));
    await until(async () => {
      await clock.advance(2_000);
      return (await access.loginLinks.consume(link)) === "anna" || undefined;
    }, "the login link");
    await access.users.change("admin", { password: good });
    assert.throws(() => statSync(path("initial-admin-password")), { code: "ENOENT" });
    const again = await openAccounts({ auth, directory, clock: systemClock, log });
    assert.equal(again.users.find("admin")?.isInitial, false);
  });

  it("made by a command work at once: passwords, links, tokens", async () => {
    const { access } = await start(); // whose clock stands still: it does not look by itself
    const { users, loginLinks } = await openAccounts({ auth, directory, clock: systemClock, log });
    const { passwords, gatekeeper } = access;
    await users.add({ name: "anna", password: good, role: "viewer" });
    assert.ok(await passwords.logIn("anna", good, "192.0.2.1"));
    await users.change("anna", { password: "long enough 2" });
    assert.ok(await passwords.logIn("anna", "long enough 2", "192.0.2.1"));
    const link = await loginLinks.create("anna");
    assert.equal(await access.loginLinks.consume(link), "anna");
    const identify = (authorization: string) =>
      gatekeeper.identify(requestFor("/", { headers: { authorization } })).then((known) => known?.name);
    for (const make of [users.makeDevicePassword.bind(users), users.makeDevicePassword.bind(users)]) {
      const password = await make("anna");
      assert.equal(await identify(formatBasicAuthorization({ name: "anna", password })), "anna");
    }
    const password = await users.makeDevicePassword("anna");
    const [nonce = ""] = /(?<=nonce=")[^"]+/.exec(gatekeeper.challenges({})[0] ?? "") ?? [];
    assert.equal(await identify(digestHeader({ username: "anna", nonce }, password)), "anna");
    const file = new UserFile({ directory, clock: systemClock, log });
    const { token } = await new Tokens({ file, clock: systemClock, log }).create({
      name: "t",
      user: "anna",
      permissions: ["view"],
    });
    assert.equal(await identify(`Bearer ${token}`), "anna");
  });

  it("are looked at once for all who are refused at the same time", async () => {
    const { access } = await start();
    const { users } = await openAccounts({ auth, directory, clock: systemClock, log });
    await users.add({ name: "anna", password: good, role: "viewer" });
    const answers = Array.from({ length: 50 }, () => access.users.lookAgain());
    assert.ok((await Promise.all(answers)).every((isOther) => isOther));
    assert.equal(await access.users.lookAgain(), false);
    writeFileSync(path("users.json"), "garbage");
    assert.equal(await access.users.lookAgain(), false);
    assert.ok(access.users.find("anna"));
    await access.stop();
    assert.equal(await access.users.lookAgain(), false);
  });

  it("with another secret.key: a device password is lost, which is said, and none is made behind anybody's back", async () => {
    const first = await start();
    const password = await first.access.users.makeDevicePassword("admin");
    await first.access.stop();
    rmSync(path("secret.key"));
    const { access } = await start();
    const { users } = access;
    assert.equal(users.devicePassword("admin"), undefined);
    assert.equal(users.hasLostDevicePassword("admin"), true);
    await assert.rejects(users.showDevicePassword("admin"), { status: 409, message: /secret\.key .* renew it/ });
    const renewed = await users.makeDevicePassword("admin");
    assert.notEqual(renewed, password);
    assert.equal(await users.showDevicePassword("admin"), renewed);
    assert.equal(users.hasLostDevicePassword("admin"), false);
    await users.removeDevicePassword("admin");
    await assert.rejects(users.removeDevicePassword("admin"), { status: 404 });
    assert.equal(users.find("admin")?.hasDevicePassword, false);
  });

  it("lose nothing when command and server write at the same time", async () => {
    const { access } = await start();
    const others = await Promise.all([1, 2, 3].map(() => openAccounts({ auth, directory, clock: systemClock, log })));
    const names = Array.from({ length: 24 }, (_, index) => `user-${index}`);
    const tokens = names.map((name) => access.tokens.create({ name, user: "admin", permissions: ["view"] }));
    const devices = names.map((_, index) => others[index % 3]?.loginLinks.create("admin"));
    await Promise.all([...tokens, ...devices]);
    const document = await new UserFile({ directory, clock: systemClock, log }).read();
    assert.equal(document.tokens.length, 24);
    assert.equal(document.loginLinks.length, 20); // more are not kept
    assert.equal(document.users.length, 1);
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.includes("lock")),
      [],
    );
  });

  for (const [what, content] of [
    ["garbage", "{ users: "],
    ["half of it", '{"version": 1, "users": [{"name": "admin", "role": "adm'],
    ["nothing", ""],
    ["a wrong role", '{"version": 1, "users": [{"name": "a", "role": "root"}]}'],
  ] as const) {
    it(`${what} in users.json takes no right away, gives none and is not written over`, async () => {
      const { access, clock } = await start();
      await access.users.add({ name: "anna", password: good, role: "viewer" });
      const right = readFileSync(path("users.json"), "utf8");
      writeFileSync(path("users.json"), content);
      await untilTrue(clock, () => lines.some((line) => line.includes("cannot be used")));
      await clock.advance(20_000);
      assert.equal(lines.filter((line) => line.includes("cannot be used")).length, 1);
      assert.ok(access.users.find("anna"));
      await assert.rejects(access.users.remove("anna"), { name: "StorageError" });
      assert.equal(readFileSync(path("users.json"), "utf8"), content);
      writeFileSync(path("users.json"), right.replaceAll("anna", "otto"));
      await untilTrue(clock, () => access.users.find("otto") !== undefined);
      await access.users.remove("otto");

      writeFileSync(path("users.json"), content);
      const next = await start();
      assert.deepEqual(next.access.users.list(), []);
      assert.equal(readFileSync(path("users.json"), "utf8"), content);
      await assert.rejects(openAccounts({ auth, directory, clock: systemClock, log }), { name: "StorageError" });
    });
  }

  it("open to others are closed, with a word", async () => {
    await start();
    for (const name of ["users.json", "secret.key"]) chmodSync(path(name), 0o644);
    await start();
    for (const name of ["users.json", "secret.key"]) {
      assert.equal(mode(name), "600");
      assert.ok(
        lines.includes(`${path(name)} was open to other users of this machine; now it is not`),
        lines.join("\n"),
      );
    }
  });

  it("that cannot be written: everything works until the end, by login link", async () => {
    writeFileSync(path("file"), "");
    directory = path("file/data");
    const { access } = await start();
    const link = await access.invite();
    assert.equal(await access.loginLinks.consume(link ?? ""), "admin");
    await access.users.change("admin", { password: good });
    assert.ok(await access.passwords.logIn("admin", good, "192.0.2.1"));
    assert.ok(lines.some((line) => line.includes("accounts cannot be kept")));
    await assert.rejects(openAccounts({ auth, directory, clock: systemClock, log }), { name: "StorageError" });
    directory = join(directory, "../..");
  });

  it("made by root belong to who the directory belongs to", { skip: isRoot ? false : "needs root" }, async () => {
    mkdirSync(path("data"));
    chownSync(path("data"), 1234, 1235);
    await replaceFile(path("data/new"), "x");
    chownSync(path("data/new"), 1, 2);
    await replaceFile(path("data/new"), "y");
    const { uid, gid } = statSync(path("data/new"));
    assert.deepEqual([uid, gid], [1, 2]);
    await replaceFile(path("data/other"), "x");
    const other = statSync(path("data/other"));
    assert.deepEqual([other.uid, other.gid, other.mode & 0o777], [1234, 1235, 0o600]);
  });
});

describe("the secret key", () => {
  it("is made once, whoever comes first", async () => {
    const keys = Array.from({ length: 8 }, () => new SecretKey(directory, systemClock));
    await Promise.all(keys.map((key) => key.load()));
    assert.equal(new Set(keys.map((key) => key.derive("session").toString("hex"))).size, 1);
    const [key] = keys;
    assert.notDeepEqual(key?.derive("session"), key?.derive("csrf"));
    assert.equal(mode("secret.key"), "600");
  });

  it("that is none is kept as it is; the server does without", async () => {
    for (const content of ["", "short", "x".repeat(44), "\u0000"]) {
      writeFileSync(path("secret.key"), content, { mode: 0o600 });
      assert.equal(parseSecretKey(content), undefined);
      await assert.rejects(new SecretKey(directory, systemClock).load(), { name: "StorageError" });
      const key = new SecretKey(directory, systemClock);
      await key.loadOrDoWithout(log);
      assert.equal(key.derive("session").length, 32);
      assert.equal(readFileSync(path("secret.key"), "utf8"), content);
    }
  });
});

describe("the lock of a file", () => {
  it("lets one in after the other, and goes with whoever held it", async () => {
    let inside = 0;
    const visit = (): Promise<void> =>
      withFileLock(path("a"), systemClock, async () => {
        assert.equal((inside += 1), 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 10 }, visit));
    await assert.rejects(
      withFileLock(path("a"), systemClock, () => Promise.reject(new Error("mine"))),
      { message: "mine" },
    );
    assert.deepEqual(readdirSync(directory), []);
  });

  it("of a process that died is taken away", async () => {
    writeFileSync(path("a.lock"), "somebody");
    utimesSync(path("a.lock"), 1, 1);
    assert.equal(await withFileLock(path("a"), systemClock, () => Promise.resolve(5)), 5);
    assert.deepEqual(readdirSync(directory), []);
  });

  it("that is held for long is said", async () => {
    writeFileSync(path("a.lock"), "somebody");
    const clock = new (class extends FakeClock {
      override wallMs(): number {
        return statSync(path("a.lock")).mtimeMs;
      }
    })();
    const asked = withFileLock(path("a"), clock, () => Promise.resolve(5));
    const outcome = assert.rejects(asked, { name: "StorageError", message: /a\.lock is held by another process/ });
    let isDone = false;
    void outcome.finally(() => (isDone = true));
    await until(async () => {
      await clock.advance(500);
      return isDone || undefined;
    }, "the end of patience");
    await outcome;
  });
});
