import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { findPasswordFault } from "../../../src/access/password-faults.ts";
import { makePassword } from "../../../src/access/random-words.ts";
import { PasswordHasher } from "../../../src/access/scrypt.ts";
import { openText, sealText } from "../../../src/access/sealed-text.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { cheapCost, startAccess } from "./access-rig.ts";

const good = "long enough 1";

describe("accounts", () => {
  it("of file and configuration are one list; that of the configuration counts and stays as it is", async () => {
    const configured = [{ name: "anna", password: "from the config", role: "admin" }] as const;
    const { access } = await startAccess({ auth: { mode: "password", users: configured } });
    const { users } = access;
    assert.deepEqual(
      users.list().map(({ name, origin }) => [name, origin]),
      [["anna", "config"]],
    );
    await users.add({ name: "carl", password: good, role: "admin" });
    assert.deepEqual(
      users.list().map(({ name, origin }) => [name, origin]),
      [
        ["anna", "config"],
        ["carl", "file"],
      ],
    );
    assert.equal(await users.isPassword("anna", "from the config"), true);
    assert.equal(await users.isPassword("carl", good), true);
    assert.equal(await users.isPassword("carl", "from the config"), false);
    await assert.rejects(users.change("anna", { password: good }), { status: 409 });
    await assert.rejects(users.remove("anna"), { status: 409 });
    await assert.rejects(users.add({ name: "anna", password: good, role: "admin" }), { status: 409 });
    await assert.rejects(users.add({ name: "Anna", password: good, role: "admin" }), { status: 409 });
    await assert.rejects(users.add({ name: "CARL", password: good, role: "admin" }), { status: 409 });
    assert.equal(typeof (await users.makeDevicePassword("anna")), "string");
  });

  it("of the configuration take scrypt strings, and refuse what only begins like one", async () => {
    const verifier = await new PasswordHasher(cheapCost).hash("hashed words");
    const user = { name: "anna", role: "viewer" } as const;
    const { access } = await startAccess({ auth: { mode: "password", users: [{ ...user, password: verifier }] } });
    assert.equal(await access.users.isPassword("anna", "hashed words"), true);
    assert.equal(await access.users.isPassword("anna", verifier), false);
    await assert.rejects(
      startAccess({ auth: { mode: "password", users: [{ ...user, password: "$scrypt$secret" }] } }),
      (error) =>
        error instanceof ConfigError &&
        error.message.startsWith("auth.users.0.password: ") &&
        !error.message.includes("secret$"),
    );
  });

  it("of the configuration are under the same rules as others, and all mistakes are told without a password", async () => {
    const role = "viewer";
    const users = [
      { name: "a:b", password: "short words", role },
      { name: "anna", password: "short", role },
      { name: "carl", password: "Michelle", role },
      { name: "dora-dora", password: "dora-dora", role },
      { name: "emil", password: "long enough 1", role },
    ] as const;
    await assert.rejects(startAccess({ auth: { mode: "password", users } }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.message.split("\n"), [
        'auth.users.0.name: is "a:b", but must be 1 to 64 letters, digits and ._@+- (also spaces within), starting with a letter or digit',
        "auth.users.1.password: must have at least 8 characters",
        "auth.users.2.password: is one of those that everybody tries first",
        "auth.users.3.password: must not be the user's name",
      ]);
      return true;
    });
  });

  it("of which none is an admin get one at the start, who is called as nobody else is", async () => {
    const configured = [
      { name: "anna", password: "from the config", role: "control" },
      { name: "admin", password: "from the config", role: "viewer" },
    ] as const;
    const { access, lines } = await startAccess({ auth: { mode: "password", users: configured } });
    const made = access.users.list().filter(({ origin }) => origin === "file");
    assert.deepEqual(
      made.map(({ name, role, isInitial }) => [name, role, isInitial]),
      [["admin-2", "admin", true]],
    );
    assert.match((await access.invite()) ?? "", /^[\w-]{43}$/);
    assert.ok(lines.length > 0);
    const withAdmin = [...configured, { name: "root", password: "from the config", role: "admin" }] as const;
    const other = await startAccess({ auth: { mode: "password", users: withAdmin } });
    assert.equal(other.access.users.list().length, 3);
    assert.equal(await other.access.invite(), undefined);
  });

  it("have a first one, whose password goes when it is changed", async () => {
    const { access } = await startAccess();
    const [admin] = access.users.list();
    assert.deepEqual([admin?.name, admin?.role, admin?.isInitial], ["admin", "admin", true]);
    assert.match((await access.invite()) ?? "", /^[\w-]{43}$/);
    await access.users.change("admin", { password: good });
    assert.equal(access.users.find("admin")?.isInitial, false);
    assert.equal(await access.invite(), undefined);
  });

  it("that administrate have all cameras, else they could give themselves the others", async () => {
    const { access } = await startAccess({});
    const { users } = access;
    const narrow = { name: "anna", password: good, role: "admin", cameras: ["a"] } as const;
    await assert.rejects(users.add(narrow), { status: 422 });
    await users.add({ ...narrow, role: "control" });
    await assert.rejects(users.change("anna", { role: "admin" }), { status: 422 });
    await assert.rejects(users.change("admin", { cameras: ["a"] }), { status: 422 });
    await users.change("anna", { role: "admin", cameras: null });
    assert.equal(users.find("anna")?.role, "admin");
    const configured = { auth: { mode: "password", users: [narrow] } } as const;
    await assert.rejects(startAccess(configured), /auth\.users\.0\.cameras/);
  });

  it("always have an admin", async () => {
    const { access } = await startAccess();
    const { users } = access;
    await assert.rejects(users.remove("admin"), { status: 409 });
    await assert.rejects(users.change("admin", { role: "control" }), { status: 409 });
    await users.add({ name: "other", password: good, role: "admin" });
    await users.change("admin", { role: "control" });
    await users.remove("admin");
    await assert.rejects(users.remove("other"), { status: 409 });
    await assert.rejects(users.remove("nobody"), { status: 404 });
  });

  it("refuse bad names, passwords and cameras", async () => {
    const { access } = await startAccess();
    const { users } = access;
    const bad = [
      { name: "a:b", password: good },
      { name: "", password: good },
      { name: "anna", password: "short" },
      { name: "anna", password: "Password123" },
      { name: "annanana", password: "annanana" },
      { name: "anna", password: "aaaaaaaaaaaa" },
      { name: "anna", password: "line\nend in it" },
      { name: "anna", password: "x1y2".repeat(100) },
      { name: "anna", password: good, cameras: ["No such id"] },
    ];
    for (const user of bad) await assert.rejects(users.add({ role: "viewer", ...user }), { status: 422 });
    await assert.rejects(users.add({ name: "admin", password: good, role: "viewer" }), { status: 409 });
    await assert.rejects(users.change("admin", { password: "short" }), { status: 422 });
    await assert.rejects(users.makeDevicePassword("nobody"), { status: 404 });
    assert.equal(users.list().length, 1);
  });

  it("lose their device password, tokens and links with the user", async () => {
    const { access } = await startAccess();
    const { users, tokens, loginLinks } = access;
    await users.add({ name: "anna", password: good, role: "viewer" });
    const device = await users.makeDevicePassword("anna");
    assert.equal(users.devicePassword("anna"), device);
    assert.notEqual(await users.makeDevicePassword("anna"), device);
    await tokens.create({ name: "t", user: "anna", permissions: ["view"] });
    const link = await loginLinks.create("anna");
    await users.remove("anna");
    await users.add({ name: "anna", password: good, role: "viewer" });
    assert.equal(users.devicePassword("anna"), undefined);
    assert.deepEqual(tokens.list(), []);
    assert.equal(await loginLinks.consume(link), undefined);
  });
});

describe("login links", () => {
  it("log in once", async () => {
    const { access } = await startAccess();
    const link = await access.loginLinks.create("admin");
    const uses = await Promise.all([access.loginLinks.consume(link), access.loginLinks.consume(link)]);
    assert.deepEqual(uses, ["admin", undefined]);
    assert.equal(await access.loginLinks.consume(link), undefined);
    for (const wrong of ["", "x", `${link}x`, link.slice(1)])
      assert.equal(await access.loginLinks.consume(wrong), undefined);
  });

  it("end after 15 minutes by the clock that does not jump", async () => {
    const { access, clock } = await startAccess();
    const [one, other] = [await access.loginLinks.create("admin"), await access.loginLinks.create("admin")];
    await clock.advance(900_000);
    clock.jumpMs = 50 * 365 * 86_400_000;
    assert.equal(await access.loginLinks.consume(one), "admin");
    await clock.advance(1);
    assert.equal(await access.loginLinks.consume(other), undefined);
  });

  it("are twenty at most", async () => {
    const { access } = await startAccess();
    const links: string[] = [];
    for (let count = 0; count < 21; count += 1) links.push(await access.loginLinks.create("admin"));
    assert.equal(await access.loginLinks.consume(links[0] ?? ""), undefined);
    assert.equal(await access.loginLinks.consume(links[1] ?? ""), "admin");
  });
});

describe("passwords", () => {
  it("that are common are refused, however they are written, and in other languages", async () => {
    for (const password of [
      "password",
      "Trustno1",
      "1QAZ2WSX",
      "qwertyuiop",
      "corvette",
      "homeassistant",
      "passwort1",
    ]) {
      assert.equal(await findPasswordFault(password, "anna"), "is one of those that everybody tries first", password);
    }
    for (const password of ["first snow in may", "corvette and carport", "pässword is fine"]) {
      assert.equal(await findPasswordFault(password, "anna"), undefined, password);
    }
  });

  it("made here are long, plain and accepted", async () => {
    const made = new Set(Array.from({ length: 200 }, makePassword));
    assert.equal(made.size, 200);
    for (const password of made) {
      assert.match(password, /^[A-Za-z2-9]{20}$/);
      assert.equal(await findPasswordFault(password, "admin"), undefined);
    }
  });

  it("that are sealed open with key and owner only, and not with a byte changed", () => {
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const sealed = sealText(key, "anna", "secret \u00e9");
    assert.equal(openText(key, "anna", sealed), "secret \u00e9");
    assert.equal(openText(other, "anna", sealed), undefined);
    assert.equal(openText(key, "carl", sealed), undefined);
    assert.notEqual(sealed, sealText(key, "anna", "secret \u00e9"));
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === "x" ? "y" : "x"}${sealed.slice(at + 1)}`;
      assert.equal(openText(key, "anna", changed), undefined);
    }
    fc.assert(fc.property(fc.string(), (text) => openText(key, "anna", text) === undefined));
  });
});
