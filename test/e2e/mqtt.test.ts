import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver, retainedBy } from "../support/mqtt-observer.ts";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { patternCamera } from "./cameras.ts";

interface MqttAnswer {
  readonly state: string;
  readonly broker: string;
  readonly connections: number;
}

const read = async (sightline: SightlineProcess, path: string): Promise<string> =>
  (await fetch(`${sightline.origin}${path}`)).text();
const readMqtt = async (sightline: SightlineProcess): Promise<MqttAnswer> =>
  JSON.parse(await read(sightline, "/api/mqtt")) as MqttAnswer;

describe("MQTT of a running Sightline", { ...needing("mosquitto"), timeout: 120_000 }, () => {
  let broker: Mosquitto;
  let observer: MqttObserver;
  before(async () => {
    broker = await Mosquitto.start();
    observer = await MqttObserver.connect(broker.url);
  });
  after(async () => {
    await observer?.end();
    await broker?.stop();
  });

  const start = (config: Readonly<Record<string, unknown>> = {}): Promise<SightlineProcess> =>
    startSightline({ cameras: [patternCamera], mqtt: { url: broker.url }, ...config });

  it("is there within seconds, and says good-bye when it is stopped", async () => {
    const sightline = await start();
    await observer.untilText("sightline/status", "online");
    const picture = await observer.until("sightline/pattern/image", (payload) => payload.length > 1_000);
    assert.equal(picture.payload.readUInt16BE(0), 0xffd8);
    assert.match(await read(sightline, "/metrics"), /^sightline_mqtt_connected 1$/m);
    assert.equal((await readMqtt(sightline)).state, "connected");
    observer.forget();
    const { code } = await sightline.stop();
    assert.equal(code, 0);
    await observer.untilText("sightline/status", "offline");
    assert.equal(observer.texts("sightline/status").length, 1, "no will");
  });

  it("is said to be gone by the broker when it is killed", async () => {
    const sightline = await start();
    await observer.untilText("sightline/status", "online");
    await sightline.stop("SIGKILL");
    await observer.untilText("sightline/status", "offline");
    assert.equal((await retainedBy(broker.url, "sightline/status")).get("sightline/status")?.toString(), "offline");
  });

  it("never tells its password", async () => {
    const url = broker.url.replace("//", "//camera:Pass-w0rd@");
    const sightline = await start({ mqtt: { url } });
    try {
      await observer.untilText("sightline/status", "online");
      const mqtt = await read(sightline, "/api/mqtt");
      assert.ok(mqtt.includes(`"${broker.url}"`));
      for (const text of [mqtt, sightline.log(), await read(sightline, "/metrics")]) {
        assert.ok(!text.includes("Pass-w0rd"));
        assert.ok(!text.includes("camera:"));
      }
    } finally {
      await sightline.stop();
    }
  });

  it("goes on showing video while the broker is away, and has everything again within 10 s", async () => {
    const sightline = await start();
    try {
      await observer.untilText("sightline/status", "online");
      const viewer = await watchMjpeg(sightline.port, "/cameras/pattern/stream");
      const topics = [...(await retainedBy(broker.url, "sightline/#")).keys()].sort();
      await broker.end("SIGKILL");
      await until(async () => (await readMqtt(sightline)).state !== "connected", "the loss");
      assert.match(await read(sightline, "/metrics"), /^sightline_mqtt_connected 0$/m);
      for (let part = 0; part < 20; part += 1) assert.ok((await viewer.next()).body.length > 1_000);
      await broker.start();
      const answered = performance.now();
      const isBack = async (): Promise<boolean> => {
        const kept = [...(await retainedBy(broker.url, "sightline/#")).keys()].sort();
        return topics.every((topic) => kept.includes(topic));
      };
      await until(isBack, "everything", 12_000);
      assert.ok(performance.now() - answered < 10_000);
      for (let part = 0; part < 5; part += 1) await viewer.next();
      viewer.close();
      const losses = sightline.log().match(/"level":"warn"[^\n]*MQTT broker/g) ?? [];
      assert.ok(losses.length >= 1 && losses.length <= 2, losses.join("\n"));
    } finally {
      await sightline.stop();
    }
  });

  it("keeps the device of a camera that was found by itself when it is started again", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sightline-mqtt-"));
    const found = { dataDir, cameras: [] };
    const configs = (isEmpty: boolean): readonly string[] =>
      observer.messages
        .filter(({ topic, payload }) => topic.endsWith("/config") && (payload.length === 0) === isEmpty)
        .map(({ topic }) => topic);
    observer.forget();
    let sightline = await start(found);
    try {
      await observer.untilText("sightline/status", "online");
      const announced = configs(false);
      assert.ok(announced.length >= 2, "a bridge and a camera");
      await sightline.stop();
      observer.forget();
      sightline = await start(found);
      for (const topic of announced) await observer.until(topic);
      await observer.untilText("sightline/status", "online");
      assert.deepEqual(configs(true), [], "a device was taken away and announced anew");
    } finally {
      await sightline.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("closes the camera for privacy, tells everybody why, and remembers it", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sightline-mqtt-"));
    let sightline = await start({ dataDir });
    try {
      await observer.untilText("sightline/pattern/enabled", "ON");
      await observer.untilText("sightline/status", "online");
      const viewer = await watchMjpeg(sightline.port, "/cameras/pattern/stream");
      await viewer.next();
      await observer.say("sightline/pattern/enabled/set", "OFF");
      await viewer.ended;
      await observer.untilText("sightline/pattern/enabled", "OFF");
      await observer.until("sightline/pattern/state", (payload) => payload.includes('"state":"off"'));
      await observer.untilText("sightline/pattern/availability", "offline");
      const refused = await fetch(`${sightline.origin}/cameras/pattern/snapshot.jpg`);
      assert.equal(refused.status, 503);
      assert.match(await refused.text(), /switched off by MQTT/);

      await sightline.stop();
      observer.forget();
      sightline = await start({ dataDir });
      await observer.untilText("sightline/status", "online");
      await observer.untilText("sightline/pattern/enabled", "OFF");
      assert.equal((await fetch(`${sightline.origin}/snapshot.jpg`)).status, 503);
      await observer.say("sightline/pattern/enabled/set", "ON");
      await observer.untilText("sightline/pattern/enabled", "ON");
      await observer.untilText("sightline/pattern/availability", "online");
      const shown = await fetch(`${sightline.origin}/snapshot.jpg`);
      assert.equal(shown.status, 200);
      await shown.arrayBuffer();
    } finally {
      await sightline.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("answers mosquitto's own clients", { ...needing("mosquitto_rr", "mosquitto_pub") }, async () => {
    const sightline = await start();
    try {
      await observer.untilText("sightline/status", "online");
      const to = ["-h", "127.0.0.1", "-p", String(broker.port)];
      const ask = [
        "-V",
        "5",
        "-t",
        "sightline/pattern/snapshot/set",
        "-e",
        "answers/rr",
        "-m",
        "PRESS",
        "-W",
        "10",
        "-N",
      ];
      const picture = await runTool("mosquitto_rr", [...to, ...ask]);
      assert.equal(picture.readUInt16BE(0), 0xffd8);
      assert.equal(picture.readUInt16BE(picture.length - 2), 0xffd9);
      await observer.until("sightline/pattern/controls");
      await runTool("mosquitto_pub", [...to, "-t", "sightline/pattern/controls/brightness/set", "-m", "77"]);
      await observer.until("sightline/pattern/controls", (payload) => payload.includes('"brightness":{"value":77,'));
    } finally {
      await sightline.stop();
    }
  });
});
