import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PasswordHasher } from "../../src/access/scrypt.ts";
import { readAnswer, readGetPaths } from "../support/ask-all.ts";
import { makeCertificate } from "../support/certificate.ts";
import { basic } from "../support/door-house.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver } from "../support/mqtt-observer.ts";
import { PlantedSecrets } from "../support/planted-secrets.ts";
import { filesUnder, lookAtChildren, lookAtProcess } from "../support/process-looks.ts";
import { sightlineProgram, startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

const cameras = ["pattern", "broken", "blabbing", "silent", "missing"];

/** A program as a camera that says, as many do, what it was told, and fails or goes on without a picture. */
function tellingCamera(id: string, url: string, isFailing: boolean, more: readonly string[] = []) {
  const say = [
    "const [, url] = process.argv;",
    'console.error("401 Unauthorized: " + url + " as " + decodeURIComponent(url));',
    'console.error("password " + decodeURIComponent(new URL(url).password) + " rejected");',
    'console.error("no such token: " + new URL(url).searchParams.get("token"));',
  ].join(" ");
  const then = isFailing ? "process.exit(3)" : "setInterval(() => {}, 1000)";
  return {
    id,
    source: "command",
    capture: "always",
    command: [
      process.execPath,
      "-e",
      `${say} for (const word of process.argv.slice(2)) console.error(word); ${then}`,
      url,
      ...more,
    ],
  };
}

describe("planted secrets", { ...needing("mosquitto", "mosquitto_passwd"), timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-secrets-"));
  const dataDir = join(directory, "data");
  const secrets = new PlantedSecrets();
  const owner = secrets.plant("login password, plain");
  const guest = secrets.plant("login password, hashed");
  const visitor = secrets.plant("login password, by --set", true);
  const cameraPassword = secrets.plant("password in a camera's URL");
  const cameraToken = secrets.plant("token in a camera's URL");
  const inPath = secrets.plant("password in the path of a camera's URL", true);
  const inProperty = secrets.plant("password in a property of a camera's command", true);
  const inFlag = secrets.plant("password behind a flag of a camera's command");
  const inUser = secrets.plant("password behind -u of a camera's command", true);
  const inHeader = secrets.plant("token in a header of a camera's command", true);
  const words = [
    `rtsp://127.0.0.1:9/user=admin_password=${inPath}_channel=0`,
    `user-pw=${inProperty}`,
    "--password",
    inFlag,
    "-u",
    `admin:${inUser}`,
    `Authorization: Bearer ${inHeader}`,
  ];
  const brokerPassword = secrets.plant("password in the broker's URL");
  const homeToken = secrets.plant("Home Assistant's token, by a variable");
  const asOwner = basic("owner", owner);
  let broker: Mosquitto;
  let observer: MqttObserver;
  let sightline: SightlineProcess;

  before(async () => {
    broker = await startBroker();
    const hash = await new PasswordHasher().hash(guest);
    secrets.add("scrypt string", hash);
    const certificate = await makeCertificate("localhost");
    secrets.add("TLS key", certificate.key.split("\n")[1] ?? "");
    const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key, { mode: 0o600 });
    const [userInfo, query] = [
      `viewer:${encodeURIComponent(cameraPassword)}`,
      `token=${encodeURIComponent(cameraToken)}`,
    ];
    const url = `rtsp://${userInfo}@127.0.0.1:9/stream?${query}`;
    const missing = { source: "command", capture: "always", command: ["no-such-program", "-i", url] };
    const config = {
      dataDir,
      auth: {
        users: [
          { name: "owner", password: owner, role: "admin" },
          { name: "guest", password: hash, role: "viewer" },
          { name: "visitor", password: "overruled by the flag", role: "viewer" },
        ],
      },
      server: { https: { port: 0, cert, key } },
      cameras: [
        { id: "pattern", source: "test-pattern", width: 64, height: 48, fps: 10, capture: "always" },
        tellingCamera("broken", url, true, words.slice(0, 4)),
        tellingCamera("blabbing", url, true, words.slice(4)),
        tellingCamera("silent", url, false),
        { id: "missing", ...missing },
      ],
      mqtt: { url: broker.url.replace("//", `//camera:${encodeURIComponent(brokerPassword)}@`) },
      homeAssistant: { url: "http://127.0.0.1:9" },
    };
    const variable = `SIGHTLINE_HOME_ASSISTANT_TOKEN=${homeToken}`;
    const flag = ["--set", `auth.users.2.password=${visitor}`];
    sightline = await startSightline(config, ["env", variable, process.execPath, sightlineProgram(), ...flag]);
    observer = await MqttObserver.connect(broker.url, ["#"], { username: "observer", password: "an observer" });
    await observer.untilText("sightline/status", "online");
    await until(() => /broken.*401 Unauthorized/.test(sightline.log()), "the camera to complain");
  });
  after(async () => {
    await observer?.end();
    await sightline?.stop();
    await broker?.stop();
    rmSync(directory, { recursive: true });
  });

  async function startBroker(): Promise<Mosquitto> {
    const file = join(directory, "passwords");
    await runTool("mosquitto_passwd", ["-b", "-c", file, "camera", brokerPassword]);
    await runTool("mosquitto_passwd", ["-b", file, "observer", "an observer"]);
    return Mosquitto.start(() => ["allow_anonymous false", `password_file ${file}`]);
  }

  it("let their owners in, the token and the device password too, which are shown when they are asked for", async () => {
    for (const [name, password] of Object.entries({ owner, guest, visitor })) {
      assert.match(await readAnswer(sightline.origin, "/api/session", { headers: basic(name, password) }), /^200/);
    }
    const made = await change("/api/tokens", { name: "made here", permissions: ["view"] });
    const token = secrets.add("bearer token", String(made["token"]));
    const device = secrets.add(
      "device password",
      String((await change("/api/users/owner/device-password", {}))["password"]),
    );
    const signed = String((await change("/api/signed-urls", { path: "/cameras/pattern/snapshot.jpg" }))["url"]);
    secrets.add("signature of an address", new URL(signed, sightline.origin).searchParams.get("signature") ?? "");
    assert.match(await readAnswer(sightline.origin, signed), /^200/);
    assert.match(await readAnswer(sightline.origin, "/state", { headers: basic("owner", device) }), /^200/);
    assert.match(
      await readAnswer(sightline.origin, "/state", { headers: { Authorization: `Bearer ${token}` } }),
      /^200/,
    );
    const body = JSON.stringify({ name: "owner", password: owner });
    const headers = { "Content-Type": "application/json" };
    const session = await readAnswer(sightline.origin, "/api/session", { method: "POST", headers, body });
    secrets.add("session cookie", /set-cookie: [^=]+=([^;]+)/.exec(session)?.[1] ?? "");
    secrets.add("CSRF token", /"csrfToken":"([^"]+)"/.exec(session)?.[1] ?? "");
  });

  async function change(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const headers = { ...asOwner, "Content-Type": "application/json" };
    const answer = await readAnswer(sightline.origin, path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.match(answer, /^200/, path);
    return JSON.parse(answer.slice(answer.indexOf("\n\n"))) as Record<string, unknown>;
  }

  it("are in no answer of any door, to whomever", async () => {
    const paths = await readGetPaths(sightline.origin, asOwner, cameras);
    assert.ok(paths.length > 35, String(paths.length));
    const others = ["/?action=stream", "/?action=command", "/nothing", "/cameras/none/stream"];
    const callers = [asOwner, basic("guest", guest), {}, { Authorization: "Bearer slt_wrong" }];
    for (const headers of callers) {
      // All at once: a camera that shows nothing takes its time to say so.
      const answers = await Promise.all(
        [...paths, ...others].map(async (path) => ({
          path,
          text: await readAnswer(sightline.origin, path, { headers }),
        })),
      );
      for (const { path, text } of answers) assert.deepEqual(secrets.findIn(text), [], `${path}: ${text}`);
    }
  });

  it("are in no refusal of what they were sent with", async () => {
    const sent: readonly (readonly [method: string, path: string, body: string])[] = [
      ["POST", "/api/session", `{"name":"owner","password":"${visitor}`],
      ["POST", "/api/session", JSON.stringify({ name: "owner", password: visitor })],
      ["POST", "/api/session", JSON.stringify({ name: "owner", password: [owner] })],
      ["POST", "/api/session", JSON.stringify({ name: owner, password: "mistaken for a name" })],
      ["POST", "/api/session", JSON.stringify({ loginLink: visitor })],
      ["POST", "/api/users", JSON.stringify({ name: "owner", password: owner })],
      ["POST", "/api/users", JSON.stringify({ name: owner, password: "short" })],
      ["POST", "/api/users", JSON.stringify({ name: "someone", role: owner, password: { of: owner } })],
      ["PATCH", "/api/users/owner", JSON.stringify({ password: guest, currentPassword: owner })],
      ["PATCH", "/api/users/owner", JSON.stringify({ password: guest, currentPassword: visitor })],
      ["POST", "/api/tokens", JSON.stringify({ name: "x", permissions: [owner], cameras: [owner] })],
      ["POST", "/api/signed-urls", JSON.stringify({ path: `/cameras/${visitor}/x`, expiresInSeconds: owner })],
      ["GET", `/state?token=${visitor}&access_token=${visitor}`, ""],
      ["GET", `/cameras/pattern/snapshot.jpg?expires=9&user=owner&signature=${visitor}`, ""],
    ];
    for (const [method, path, body] of sent) {
      for (const who of [asOwner, {}]) {
        const headers = { ...who, "Content-Type": "application/json" };
        const init = { method, headers, ...(body === "" ? {} : { body }) };
        const answer = await readAnswer(sightline.origin, path, init);
        if (method !== "GET") assert.match(answer, /^4\d\d/, `${method} ${path}: ${answer}`);
        assert.deepEqual(secrets.findIn(answer), [], `${method} ${path} ${body}`);
      }
    }
    const mistyped = { headers: { Authorization: `Bearer ${owner.replace("ä", "a")}` } };
    assert.deepEqual(secrets.findIn(await readAnswer(sightline.origin, "/state", mistyped)), []);
  });

  it("are in no message to the broker", async () => {
    await observer.until("sightline/pattern/image", (payload) => payload.length > 0);
    assert.ok(observer.messages.length > 20, String(observer.messages.length));
    for (const { topic, payload, properties } of observer.messages) {
      assert.deepEqual(secrets.findIn(topic + JSON.stringify(properties)), [], topic);
      assert.deepEqual(secrets.findIn(payload), [], topic);
    }
  });

  it("are in no title of ours, those in flags neither, and in no environment of another program", async () => {
    const own = lookAtProcess(sightline.pid);
    assert.deepEqual(secrets.findIn(own.title), []);
    assert.deepEqual(secrets.findIn(own.threads.join("\n")), []);
    const children = await until(() => {
      const seen = lookAtChildren(sightline.pid);
      return seen.some(({ title }) => title.includes("401 Unauthorized")) && seen;
    }, "the camera that is silent");
    for (const { title, threads, environment } of children) {
      assert.deepEqual(secrets.findIn(environment + threads.join("\n")), [], title);
      assert.doesNotMatch(environment, /^SIGHTLINE_/m);
      // What a command is told is what its owner wrote.
      const told = secrets.findIn(title).filter((what) => !what.includes("a camera's"));
      assert.deepEqual(told, [], title);
    }
  });

  it("are in no file of the data directory but as the guide says, all of them closed to others", async () => {
    await until(() => filesUnder(dataDir).some(({ path }) => basename(path) === "state.json"), "the state");
    const files = filesUnder(dataDir);
    assert.ok(files.some(({ path }) => basename(path) === "users.json"));
    for (const { path, mode, bytes } of files) {
      assert.equal(mode, 0o600, path);
      assert.deepEqual(secrets.findIn(bytes), [], path);
    }
  });

  it("are in no line of the log, from the start to the end", async () => {
    const { code } = await sightline.stop();
    assert.equal(code, 0);
    const log = sightline.log();
    for (const words of ["401 Unauthorized", "no-such-program", "stopped", '"level":"debug"']) {
      assert.ok(log.includes(words), words);
    }
    const lines = log.split("\n").filter((line) => secrets.findIn(line).length > 0);
    assert.deepEqual(lines, []);
  });
});
