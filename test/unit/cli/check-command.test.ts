import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatUsersDocument, noUsers, type UserRecord } from "../../../src/access/user-records.ts";
import { checkCommand } from "../../../src/cli/check-command.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { makeCertificate } from "../../support/certificate.ts";

interface CheckOptions {
  readonly set?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Files beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs the command in a folder of its own; `left` is what is in it afterwards. */
async function check(yaml: string | undefined, { set = [], env = {}, files = {} }: CheckOptions = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "sightline-check-"));
  let [stdout, stderr] = ["", ""];
  try {
    if (yaml !== undefined) writeFileSync(join(cwd, "sightline.yaml"), yaml.replaceAll("HERE", cwd));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(cwd, name, ".."), { recursive: true });
      writeFileSync(join(cwd, name), text);
    }
    const before = readdirSync(cwd, { recursive: true });
    const output = { stdout: (text: string) => (stdout += text), stderr: (text: string) => (stderr += text) };
    const status = await checkCommand({ cwd, env, flags: { set } }, output, systemClock);
    assert.deepEqual(readdirSync(cwd, { recursive: true }), before, "it only looks");
    return { status, stdout: stdout.replaceAll(`${cwd}/`, ""), stderr: stderr.replaceAll(`${cwd}/`, "") };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The lines of a run that begin with `label`. */
async function linesOf(
  label: string,
  yaml: string | undefined,
  options: CheckOptions = {},
): Promise<readonly string[]> {
  const { stdout, stderr } = await check(yaml, options);
  assert.equal(stderr, "");
  return stdout.split("\n").filter((line) => line.startsWith(label));
}

const lastDay = (cert: string): string => new Date(new X509Certificate(cert).validTo).toISOString().slice(0, 10);

test("check says what would run", async () => {
  const yaml = `
server: { host: 127.0.0.1 }
mqtt: { url: "mqtt://me:hunter3@broker", baseTopic: cams }
cameras:
  - { id: front-door, device: /dev/video0, format: mjpeg, width: 1280, height: 720, fps: 30 }
  - { id: pi, source: command, command: [rpicam-vid, --secret, hunter2], capture: always, flip: both }
`;
  assert.deepEqual(await check(yaml), {
    status: 0,
    stderr: "",
    stdout: `configuration  sightline.yaml
http           http://127.0.0.1:8080/
accounts       none yet; no admin: the next start makes one, and prints a login link
cameras        front-door  v4l2  /dev/video0  mjpeg  1280x720  30 fps  on-demand
               pi  command  rpicam-vid  auto  always
mqtt           mqtt://broker:1883  cams  Home Assistant at homeassistant
data           ./data
log            info, auto
warning        accepted, but without effect in this version: cameras.1.flip
The configuration is right.
`,
  });
  const { stdout } = await check(undefined);
  assert.match(stdout, /^mdns {11}found by name/m);
  assert.match(
    stdout,
    /^configuration {2}no file\nhttp {11}http:\/\/\[::\]:8080\/\naccounts {7}none yet; .*\ncameras {8}every/,
  );
});

test("check lists every mistake and answers 78", async () => {
  assert.deepEqual(await check("server: { port: x }", { set: ["priority=99"] }), {
    status: 78,
    stdout: "",
    stderr: `The configuration has 2 mistakes:
  server.port: is "x", must be a whole number from 0 to 65535 (sightline.yaml, line 1)
  priority: is "99", must be a whole number from -20 to 19 (--set)
`,
  });
});

test("check refuses what only begins like a scrypt string", async () => {
  const { status, stderr } = await check("auth: { users: [{ name: anna, password: $scrypt$hunter2, role: admin }] }");
  assert.equal(status, 78);
  assert.match(stderr, /auth\.users\.0\.password: must be a whole scrypt string/);
  assert.doesNotMatch(stderr, /hunter2/);
});

test("check counts the accounts of both places, and says when an admin would be made", async () => {
  const verifier = "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$uZ2MMcSyOXHTCRWUOcxkUFXFJzCzHMqLd1ZqWhdxm2M";
  const record = (name: string, role: UserRecord["role"]): UserRecord => ({ name, role, verifier, generation: "g" });
  const usersFile = (...users: UserRecord[]) => ({ "data/users.json": formatUsersDocument({ ...noUsers, users }) });
  const anna = (role: string) => `auth: { users: [{ name: anna, password: something long, role: ${role} }] }`;
  const files = usersFile(record("anna", "admin"), record("bert", "admin"));
  assert.deepEqual(await linesOf("accounts", anna("viewer"), { files }), [
    "accounts       1 in the configuration, 2 in data/users.json; 1 admin",
  ]);
  assert.deepEqual(await linesOf("warning", anna("viewer"), { files }), []);
  const alone = { files: usersFile(record("anna", "admin")) };
  assert.deepEqual(await linesOf("accounts", anna("viewer"), alone), [
    "accounts       1 in the configuration, 1 in data/users.json; no admin: the next start makes one, and prints a login link",
  ]);
  const broken = { files: { "data/users.json": "{" } };
  assert.deepEqual(await linesOf("accounts", anna("admin"), broken), [
    "accounts       1 in the configuration; those of data/users.json are not known",
  ]);
  assert.match((await linesOf("warning", anna("admin"), broken))[0] ?? "", /users\.json cannot be used: /);
  const open = { set: ["auth.mode=none", "server.host=127.0.0.1"] };
  assert.deepEqual(await linesOf("accounts", anna("admin"), open), ["accounts       none: auth.mode is none"]);
});

test("check says where is listened, and reads the certificate", async () => {
  const yaml = "server: { https: { cert: HERE/c.pem, key: HERE/k.pem, port: 0 }, socket: /run/http.sock }";
  const { cert, key } = await makeCertificate("camera");
  const files = { "c.pem": cert, "k.pem": key };
  const until = lastDay(cert);
  assert.deepEqual(await linesOf("http", yaml, { files }), [
    "http           unix:/run/http.sock",
    "https          https://[::] on a free port",
  ]);
  assert.deepEqual(await linesOf("certificate", yaml, { files }), [
    `certificate    c.pem  for localhost, 127.0.0.1, until ${until}`,
  ]);
  assert.deepEqual(await linesOf("warning", yaml, { files }), []);
  const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: "2", LISTEN_FDNAMES: "sightline.socket:https" };
  assert.deepEqual(await linesOf("http", yaml, { files, env }), [
    "http           on the socket that we were started with (descriptor 3)",
    "https          on the socket that we were started with (descriptor 4)",
  ]);
});

test("check warns of a certificate that is over, and refuses one that is of no use", async () => {
  const yaml = "server: { https: { cert: HERE/c.pem, key: HERE/k.pem } }";
  const { cert, key } = await makeCertificate("camera", true);
  const until = lastDay(cert);
  assert.deepEqual(await linesOf("warning", yaml, { files: { "c.pem": cert, "k.pem": key } }), [
    `warning        the certificate c.pem has expired on ${until}: clients refuse it`,
  ]);
  const other = await makeCertificate("other");
  const { status, stdout, stderr } = await check(yaml, { files: { "c.pem": cert, "k.pem": other.key } });
  assert.deepEqual([status, stdout], [78, ""]);
  assert.match(stderr, /^ {2}server\.https\.key: is "k\.pem", does not belong to c\.pem$/m);
});
