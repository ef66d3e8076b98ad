import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import {
  cleanEnvironment,
  sightlineProgram,
  startSightline,
  type ProgramResult,
} from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

const directory = mkdtempSync(join(tmpdir(), "sightline-user-"));
after(() => rmSync(directory, { recursive: true }));
const dataDir = join(directory, "data");

/** `sightline user …` with this on its standard input. */
async function user(
  words: string,
  input = "",
  flags: readonly string[] = ["--data-dir", dataDir],
): Promise<ProgramResult> {
  const child = spawn(process.execPath, [sightlineProgram(), "user", ...words.split(" "), ...flags], {
    cwd: directory,
    env: cleanEnvironment(),
    stdio: "pipe",
  });
  child.stdin.on("error", () => {}); // it may have ended before it read anything
  child.stdin.end(input);
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (out.stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { code, ...out };
}

describe("sightline user", { timeout: 120_000 }, () => {
  it("adds, lists, changes and removes accounts", async () => {
    assert.deepEqual(await user("add anna --role control --cameras front,back", "anna's words\n"), {
      code: 0,
      stdout: "",
      stderr:
        "Added: anna, control.\nNone of the accounts is an admin yet: the next start makes one, or add one with --role admin.\n",
    });
    const made = await user("add carl");
    assert.equal(made.code, 0);
    assert.match(made.stdout, /^[A-Za-z2-9]{20}\n$/);
    assert.match(made.stderr, /^Added: carl, viewer; the password above is not shown again\.\nNone of the accounts/);
    const list = await user("list");
    assert.equal(
      list.stdout,
      "anna                  control   front,back\ncarl                  viewer    all cameras\n",
    );
    assert.deepEqual(JSON.parse((await user("list --json")).stdout), [
      {
        name: "anna",
        role: "control",
        cameras: ["front", "back"],
        origin: "file",
        hasDevicePassword: false,
        isInitial: false,
      },
      { name: "carl", role: "viewer", cameras: null, origin: "file", hasDevicePassword: false, isInitial: false },
    ]);
    assert.match((await user("password carl", "other words\n")).stderr, /^Changed: carl\. Sessions/);
    const device = (await user("device-password carl")).stdout;
    assert.equal((await user("device-password carl")).stdout, device);
    assert.match((await user("list")).stdout, /carl .* device password\n/);
    const renewed = await user("device-password carl --renew");
    assert.notEqual(renewed.stdout, device);
    assert.match(renewed.stderr, /^Renewed: the device password of carl\./);
    assert.equal((await user("device-password carl")).stdout, renewed.stdout);
    const removed = await user("device-password carl --remove");
    assert.deepEqual([removed.code, removed.stdout], [0, ""]);
    assert.match(removed.stderr, /^Removed: the device password of carl\./);
    assert.doesNotMatch((await user("list")).stdout, /device password/);
    assert.equal((await user("device-password carl --remove")).stderr, "sightline: carl has no device password\n");
    assert.match((await user("remove carl")).stderr, /^Removed: carl\./);
    assert.doesNotMatch((await user("list")).stdout, /carl/);
    for (const name of readdirSync(dataDir)) assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
    assert.doesNotMatch(readFileSync(join(dataDir, "users.json"), "utf8"), /words/);
  });

  it("makes no other device password when secret.key is another one, but says so", async () => {
    const flags = ["--data-dir", join(directory, "other-key")];
    await user("add carl", "", flags);
    const device = (await user("device-password carl", "", flags)).stdout;
    rmSync(join(directory, "other-key", "secret.key"));
    const lost = await user("device-password carl", "", flags);
    assert.deepEqual([lost.code, lost.stdout], [1, ""]);
    assert.match(lost.stderr, /cannot be read any more: secret\.key .*\nRenew it: .* device-password carl --renew\n$/);
    const renewed = await user("device-password carl --renew", "", flags);
    assert.match(renewed.stdout, /^[A-Za-z2-9]{20}\n$/);
    assert.notEqual(renewed.stdout, device);
    assert.equal((await user("device-password carl", "", flags)).stdout, renewed.stdout);
  });

  it("says what is wrong, and by its exit status", async () => {
    for (const [words, input, code, message] of [
      ["add anna", "other words\n", 1, 'sightline: there is a user of the name "anna" already\n'],
      ["add dora", "short\n", 1, "sightline: the password must have at least 8 characters\n"],
      [
        "add a:b",
        "other words\n",
        1,
        "sightline: the name must be 1 to 64 letters, digits and ._@+- (also spaces within), starting with a letter or digit\n",
      ],
      ["add dora --cameras A", "other words\n", 1, "sightline: cameras must be ids of cameras, such as front-door\n"],
      ["remove nobody", "", 1, "sightline: there is no user of this name\n"],
      ["password nobody", "", 1, "sightline: there is no user of this name\n"],
      ["login-link", "", 1, "sightline: there is no admin: add one first\n"],
      ["add dora --role root", "", 64, "sightline: --role must be one of viewer, control, admin\n"],
      ["hash", "", 64, "sightline: user hash needs a password, on the terminal or standard input\n"],
      ["frobnicate", "", 64, 'sightline: unknown action "frobnicate"; see sightline --help\n'],
    ] as const) {
      assert.deepEqual(await user(words, input), { code, stdout: "", stderr: message }, words);
    }
    writeFileSync(join(directory, "broken.yaml"), "auth: { users: [{ name: a, password: $scrypt$x, role: admin }] }");
    const broken = await user("list", "", ["--config", join(directory, "broken.yaml")]);
    assert.equal(broken.code, 78);
    assert.match(broken.stderr, /auth\.users\.0\.password: must be a whole scrypt string/);
    const file = join(directory, "file");
    writeFileSync(file, "");
    const unwritable = await user("add dora", "other words\n", ["--data-dir", join(file, "data")]);
    assert.equal(unwritable.code, 1);
    assert.match(unwritable.stderr, /^sightline: .* cannot be made: /);
  });

  it("hashes a password for the configuration, which then lets in", async () => {
    const { stdout } = await user("hash", "hashed words\n");
    assert.match(stdout, /^\$scrypt\$ln=15,r=8,p=3\$\S+\n$/);
    const users = [{ name: "dora", password: stdout.trim(), role: "admin" }];
    writeFileSync(join(directory, "dora.yaml"), JSON.stringify({ dataDir, auth: { users } }));
    const list = await user("list", "", ["--config", join(directory, "dora.yaml")]);
    assert.match(list.stdout, /^dora .* from the configuration\n/);
    const refused = await user("remove dora", "", ["--config", join(directory, "dora.yaml")]);
    assert.deepEqual(
      [refused.code, refused.stderr],
      [1, "sightline: dora is a user of the configuration (auth.users) and is changed there\n"],
    );
  });

  it("works on the accounts of a running server", async () => {
    const own = join(directory, "running");
    const flags = ["--data-dir", own, "--port", "8123"];
    const cameras = [{ id: "front", source: "test-pattern", width: 320, height: 240 }];
    const sightline = await startSightline({ dataDir: own, cameras, auth: { mode: "password" } });
    try {
      const get = (path: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
        fetch(sightline.origin + path, { headers });
      const as = (name: string, password: string) => ({ Authorization: formatBasicAuthorization({ name, password }) });
      const admin = as("admin", readFileSync(join(own, "initial-admin-password"), "utf8").trim());
      const isThere = async (): Promise<boolean> => (await (await get("/api/users", admin)).text()).includes("anna");
      const post = (body: object): Promise<Response> =>
        fetch(`${sightline.origin}/api/session`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        });
      assert.equal((await get("/api/cameras", as("anna", "anna's words"))).status, 401);
      await user("add anna", "anna's words\n", flags);
      assert.equal((await get("/api/cameras", as("anna", "anna's words"))).status, 200, "at once");
      assert.ok(await isThere());
      const device = (await user("device-password anna", "", flags)).stdout.trim();
      assert.equal((await get("/api/cameras", as("anna", device))).status, 200, "at once");
      const renewed = (await user("device-password anna --renew", "", flags)).stdout.trim();
      assert.equal((await get("/api/cameras", as("anna", renewed))).status, 200, "at once");
      const Cookie =
        (await post({ name: "anna", password: "anna's words" })).headers.getSetCookie()[0]?.split(";")[0] ?? "";
      assert.equal((await get("/api/cameras", { Cookie })).status, 200);
      await user("password anna", "other words\n", flags);
      await until(async () => (await get("/api/cameras", { Cookie })).status === 401, "the end of anna's session");
      assert.equal((await get("/api/cameras", as("anna", "other words"))).status, 200);
      assert.equal((await get("/api/cameras", as("anna", "anna's words"))).status, 401);
      const link = await user("login-link", "", flags);
      const token = /#link=([\w-]{43})\n$/.exec(link.stdout)?.[1];
      assert.match(link.stdout, /^http:\/\/\S+:8123\/#link=/);
      assert.equal((await post({ loginLink: token })).status, 200, "at once");
      assert.equal((await post({ loginLink: token })).status, 401);
      await user("remove anna", "", flags);
      await until(async () => !(await isThere()), "anna to be gone");
      assert.equal((await get("/api/cameras", as("anna", "other words"))).status, 401);
      for (const secret of ["other words", "anna's words", token ?? "?"]) assert.ok(!sightline.log().includes(secret));
    } finally {
      await sightline.stop();
    }
  });

  it("asks on a terminal, twice, and shows nothing of it", needing("script"), async () => {
    const command = `${process.execPath} ${sightlineProgram()} user add tess --data-dir ${join(directory, "terminal")}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: directory, env: cleanEnvironment() });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      if (/(made\)|more): $/.test(shown)) child.stdin.write("typed words\r");
    });
    const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
    assert.equal(code, 0, shown);
    assert.match(shown, /Password \(empty: one is made\): \s+Once more: \s+Added: tess, viewer\./);
    assert.doesNotMatch(shown, /typed/);
  });
});
