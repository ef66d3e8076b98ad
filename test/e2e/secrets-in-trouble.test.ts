import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { Mosquitto } from "../support/mosquitto.ts";
import { PlantedSecrets } from "../support/planted-secrets.ts";
import { filesUnder } from "../support/process-looks.ts";
import { cleanEnvironment, runSightline, sightlineProgram } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

const directory = mkdtempSync(join(tmpdir(), "sightline-trouble-"));
after(() => rmSync(directory, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

describe("secrets where something is wrong", { timeout: 120_000 }, () => {
  it("are not in what is said of a wrong configuration, file, flag or variable", async () => {
    const secrets = new PlantedSecrets();
    const secret = secrets.plant("the secret", true);
    const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
    const files: readonly object[] = [
      { mqtt: { url: `mqtt://camera:${secret}@` } },
      { mqtt: { url: `mqttx://camera:${secret}@localhost` } },
      { mqtt: { url: `mqtt://camera:${secret}@localhost`, password: [secret] } },
      { mqtt: { url: "mqtt://localhost", password: secret } },
      { mqtt: { url: "mqtt://localhost", username: "camera", passwort: secret } },
      { mqtt: { url: ["mqtt://localhost", secret] } },
      { mqtt: secret },
      { auth: { users: [{ name: "anna", password: `$scrypt$ln=15,r=8,p=3$${secret}` }] } },
      { auth: { users: [{ name: "anna", password: { plain: secret } }] } },
      { auth: { users: [{ name: "anna", pasword: secret }] } },
      { auth: { users: [secret] } },
      { auth: { users: { anna: secret } } },
      { auth: { passwords: { anna: secret } } },
      { homeAssistant: { token: secret } },
      { homeAssistant: { url: `http://user:${secret}@home`, token: { a: secret } } },
      { homeAssistant: { url: `ftp://user:${secret}@home`, token: secret } },
      { cameras: [{ source: "command", command: { url: `rtsp://user:${secret}@cam` } }] },
      { cameras: [{ source: "command", command: `ffmpeg -i rtsp://user:${secret}@cam` }] },
      { cameras: [{ source: "command", format: "nv12", command: ["ffmpeg", `rtsp://user:${secret}@cam`] }] },
      { cameras: [{ source: "v4l2", device: `rtsp://user:${secret}@cam/1` }] },
      { server: { https: { cert: "/nowhere", key: pem } } },
      { mqtt: { url: "mqtts://localhost", cert: "/nowhere", key: pem } },
    ];
    const texts = files.map((value) => JSON.stringify(value));
    const broken = [
      `mqtt: { password: "${secret}`,
      `mqtt:\n  password: "x" ${secret}\n`,
      `"${secret}": [`,
      secret,
      `- ${secret}`,
    ];
    for (const text of [...texts, ...broken]) {
      const file = write("wrong.yaml", text);
      for (const command of ["check", "serve"]) {
        const { code, stdout, stderr } = await runSightline([command, "--config", file, "--port", "0"]);
        assert.ok(code === 78 || code === 1, `${command} ${text}: ${code}\n${stdout}${stderr}`);
        assert.deepEqual(secrets.findIn(stdout + stderr), [], `${text}\n${stdout}${stderr}`);
      }
    }
    const right = write("right.yaml", "{}");
    for (const [flags, env] of [
      [["--set", `mqtt.pasword=${secret}`], {}],
      [["--set", `mqtt.password: ${secret}`], {}],
      [["--set", `mqtt.password=${secret}`], {}],
      [["--set", `auth.users=[{name: a, password: "${secret}]`], {}],
      [["--set", `auth.users.0=${secret}`], {}],
      [[], { SIGHTLINE_MQTT_PASSWRD: secret }],
      [[], { SIGHTLINE_MQTT_PASSWORD: secret }],
      [[], { SIGHTLINE_AUTH_USERS: `[{ password: ${secret}` }],
      [[], { SIGHTLINE_HOME_ASSISTANT_TOKEN: secret }],
    ] as const) {
      const { code, stdout, stderr } = await runSightline(["check", "--config", right, ...flags], env);
      assert.equal(code, 78, `${flags.join(" ")} ${JSON.stringify(env)}: ${stdout}${stderr}`);
      assert.deepEqual(secrets.findIn(stdout + stderr), [], stdout + stderr);
    }
  });

  it("are not in what is said of a right one", async () => {
    const secrets = new PlantedSecrets();
    const [password, inUrl] = [secrets.plant("a password"), secrets.plant("a password in a URL", true)];
    const right = {
      dataDir: join(directory, "unused"),
      auth: { users: [{ name: "anna", password, role: "admin" }] },
      mqtt: { url: `mqtt://camera:${inUrl}@127.0.0.1:9`, username: "camera", password },
      homeAssistant: { url: "http://127.0.0.1:9", token: password },
      cameras: [{ id: "door", source: "command", command: ["ffmpeg", "-i", `rtsp://user:${inUrl}@cam`] }],
    };
    const file = write("right.yaml", JSON.stringify(right));
    for (const words of [
      ["check"],
      ["mqtt", "--dry-run"],
      ["mqtt", "--dry-run", "--json"],
      ["user", "list", "--json"],
    ]) {
      const { code, stdout, stderr } = await runSightline([...words, "--config", file]);
      assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
      assert.deepEqual(secrets.findIn(stdout + stderr), [], `${words.join(" ")}: ${stdout}${stderr}`);
    }
  });

  it("are not in what is said of a TLS key that is broken, or of another certificate", async () => {
    const secrets = new PlantedSecrets();
    const secret = secrets.plant("the key", true);
    const body = Buffer.from(secret.repeat(10)).toString("base64");
    secrets.add("the key's base64", body.slice(0, 60));
    const cert = write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const kinds = ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
    for (const text of [secret, ...kinds.map((kind) => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`)]) {
      const key = write("key.pem", text);
      const config = { server: { port: 0, https: { port: 0, cert, key } }, dataDir: join(directory, "tls-data") };
      const file = write("tls.yaml", JSON.stringify({ ...config, log: { level: "debug", format: "json" } }));
      const { code, stdout, stderr } = await runSightline(["serve", "--config", file]);
      assert.notEqual(code, 0);
      assert.match(stderr, /key\.pem|cert\.pem/);
      assert.deepEqual(secrets.findIn(stdout + stderr), [], stderr);
    }
  });

  it(
    "of the first start are on standard error once, and in one closed file; those of a broker that refuses them nowhere",
    needing("mosquitto", "mosquitto_passwd"),
    async () => {
      const secrets = new PlantedSecrets();
      const password = secrets.plant("the broker's password");
      const passwords = join(directory, "passwords");
      await runTool("mosquitto_passwd", ["-b", "-c", passwords, "camera", "another password"]);
      const broker = await Mosquitto.start(() => ["allow_anonymous false", `password_file ${passwords}`]);
      const dataDir = join(directory, "first-data");
      const logFile = join(directory, "first.log");
      const settings = {
        server: { host: "127.0.0.1", port: 0 },
        dataDir,
        mdns: { enabled: false },
        cameras: [{ id: "pattern", source: "test-pattern" }],
        log: { level: "debug", format: "pretty", file: logFile },
        mqtt: { url: broker.url, username: "camera" },
      };
      const file = write("first.yaml", JSON.stringify(settings));
      const child = spawn(process.execPath, [sightlineProgram(), "serve", "--config", file], {
        env: { ...cleanEnvironment(), SIGHTLINE_MQTT_PASSWORD: password },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (output += String(chunk)));
      const log = (): string =>
        filesUnder(directory)
          .filter(({ path }) => basename(path).startsWith("first."))
          .filter(({ path }) => path.endsWith(".log"))
          .map(({ bytes }) => bytes.toString())
          .join("");
      try {
        await until(() => /refuse|not authori[sz]ed|password/i.test(log()) && output.includes("#link="), "the refusal");
        await until(() => existsSync(join(dataDir, "initial-admin-password")), "the first password");
        const initial = readFileSync(join(dataDir, "initial-admin-password"), "utf8").trim();
        secrets.add("the first password", initial);
        const link = secrets.add("the login link", /#link=([\w-]+)/.exec(output)?.[1] ?? "");
        const exit = once(child, "exit");
        child.kill("SIGTERM");
        await exit;
        assert.equal(output.split(link).length, 2, output);
        assert.deepEqual(secrets.findIn(output.replace(link, "")), [], output);
        assert.deepEqual(secrets.findIn(log()), [], log());
        assert.ok(filesUnder(dataDir).length >= 3);
        for (const { path, mode, bytes } of filesUnder(dataDir)) {
          const mayHave = basename(path) === "initial-admin-password" ? ["the first password"] : [];
          assert.equal(mode, 0o600, path);
          assert.deepEqual(secrets.findIn(bytes, mayHave), [], path);
        }
      } finally {
        child.kill("SIGKILL");
        await broker.stop();
      }
    },
  );

  it("of nobody are in what is shipped: no key, no token, no password's hash", () => {
    const shipped = filesUnder(dirname(sightlineProgram()));
    assert.ok(shipped.length > 100, String(shipped.length));
    for (const { path, bytes } of shipped) {
      const text = bytes.toString("latin1");
      assert.doesNotMatch(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}/, path);
      assert.doesNotMatch(text, /\bslt_[A-Za-z0-9_-]{43}\b|\$scrypt\$ln=\d+,r=\d+,p=\d+\$[A-Za-z0-9+/]{16}/, path);
    }
  });
});
