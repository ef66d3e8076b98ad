import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { Mosquitto } from "../support/mosquitto.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { LinkRig, type MqttConfig } from "./mqtt-rig.ts";

const words = {
  access: "does not let this user in: check mqtt.username, mqtt.password and its access list",
  unknownCa: "has a certificate that this system does not trust: name who signed it in mqtt.ca",
  noAnswer: "closed the connection without an answer: is the port right, and is it one for mqtt:// or for mqtts://?",
};

/** A certificate authority, and a certificate that it has signed for each of `names`. */
async function makeCertificates(directory: string, names: readonly string[]): Promise<void> {
  const at = (name: string): string => join(directory, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const openssl = (...args: readonly string[]): Promise<Buffer> => runTool("openssl", args);
  await openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-subj",
    "/CN=Test CA",
    "-days",
    "2",
  );
  writeFileSync(at("names.cnf"), "subjectAltName=IP:127.0.0.1\n");
  for (const name of names) {
    await openssl(
      "req",
      "-new",
      ...key,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.csr`),
      "-subj",
      `/CN=${name}`,
    );
    const signer = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("names.cnf")];
    await openssl("x509", "-req", "-in", at(`${name}.csr`), "-out", at(`${name}.pem`), "-days", "2", ...signer);
  }
}

describe("TLS, client certificate and password", { ...needing("mosquitto", "openssl"), timeout: 60_000 }, () => {
  let broker: Mosquitto;
  let certificates: Mosquitto;
  const file = (name: string): string => join(certificates.directory, name);

  before(async () => {
    certificates = await Mosquitto.start(); // its folder, and a broker without TLS
    await makeCertificates(certificates.directory, ["server", "client"]);
    await runTool("mosquitto_passwd", ["-b", "-c", file("passwords"), "camera", "s3cret"]);
    broker = await Mosquitto.start(() => [
      `cafile ${file("ca.pem")}`,
      `certfile ${file("server.pem")}`,
      `keyfile ${file("server.key")}`,
      "require_certificate true",
      "allow_anonymous false",
      `password_file ${file("passwords")}`,
    ]);
  });
  after(async () => {
    await broker?.stop();
    await certificates?.stop();
  });

  const good = (): Partial<MqttConfig> => ({
    username: "camera",
    password: "s3cret",
    ca: file("ca.pem"),
    cert: file("client.pem"),
    key: file("client.key"),
  });
  const secure = (): string => broker.url.replace("mqtt:", "mqtts:");
  const start = (t: TestContext, settings: Partial<MqttConfig>, url = secure()): Promise<LinkRig> =>
    LinkRig.start(t, url, settings);

  async function refused(t: TestContext, settings: Partial<MqttConfig>, reason: string, url = secure()): Promise<void> {
    const rig = await start(t, settings, url);
    await rig.said("MQTT broker");
    assert.equal(rig.log.lines.length, 1);
    assert.ok(rig.log.lines[0]?.startsWith("warn: MQTT broker mqtts://127.0.0.1:"));
    assert.ok(rig.log.lines[0]?.includes(reason), rig.log.lines[0]);
    assert.equal(rig.link.status.reason.includes(reason), true);
    assert.doesNotMatch(JSON.stringify([rig.log.lines, rig.link.status]), /s3cret|camera:/);
  }

  it("get in with everything right, the password in the settings or in the address", async (t) => {
    await (await start(t, good())).connected();
    const { username: _, password: __, ...files } = good();
    const rig = await start(t, files, secure().replace("//", "//camera:s3cret@"));
    await rig.connected();
    assert.equal(rig.link.status.broker, secure());
    assert.doesNotMatch(JSON.stringify([rig.log.lines, rig.link.status]), /s3cret/);
  });

  it("a wrong password is refused, in plain words, once", async (t) => {
    await refused(t, { ...good(), password: "s3cret-wrong" }, words.access);
  });

  it("no user is refused", async (t) => {
    const { username: _, password: __, ...files } = good();
    await refused(t, files, words.access);
  });

  it("a broker whose certificate nobody knows is not trusted", async (t) => {
    const { ca: _, ...rest } = good();
    await refused(t, rest, words.unknownCa);
  });

  it("a file that is missing is named", async (t) => {
    await refused(t, { ...good(), ca: file("missing.pem") }, `${file("missing.pem")} cannot be read (ENOENT)`);
  });

  it("a file that is no certificate is said to be none", async (t) => {
    await refused(t, { ...good(), cert: file("names.cnf") }, "cannot be connected to: ");
  });

  it("no client certificate is said to be asked for", async (t) => {
    const { cert: _, key: __, ...rest } = good();
    await refused(t, rest, "client certificate");
  });

  it("a port without TLS closes the connection", async (t) => {
    await refused(t, good(), words.noAnswer, certificates.url.replace("mqtt:", "mqtts:"));
  });

  it("a port with TLS that is spoken to without it closes the connection", async (t) => {
    const rig = await start(t, { username: "camera", password: "s3cret" }, broker.url);
    await rig.said(words.noAnswer);
    assert.equal(rig.log.lines.length, 1);
  });
});
