import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import mqtt, { type MqttClient } from "mqtt";
import { Mosquitto } from "../support/mosquitto.ts";
import { runSightline, startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

interface Message {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly payload: string;
}

describe("sightline mqtt", { ...needing("mosquitto"), timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-mqtt-command-"));
  const file = join(directory, "sightline.yaml");
  let broker: Mosquitto;
  let sightline: SightlineProcess | undefined;
  let listener: MqttClient;
  let config: Readonly<Record<string, unknown>>;
  const kept = new Map<string, Message>();
  before(async () => {
    broker = await Mosquitto.start();
    config = {
      dataDir: join(directory, "data"),
      cameras: [
        { id: "front-door", name: "Front door", source: "test-pattern", width: 320, height: 240 },
        { id: "back", source: "test-pattern", width: 160, height: 120, controls: { contrast: 50 } },
      ],
      mqtt: { url: broker.url, preview: { idleSeconds: 0 } },
    };
    writeFileSync(file, JSON.stringify(config)); // JSON is YAML
    listener = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
    listener.on("message", (topic, payload, { qos, retain }) => {
      if (!retain) return;
      if (payload.length === 0) kept.delete(topic);
      else kept.set(topic, { topic, qos, retain, payload: payload.toString() });
    });
    await listener.subscribeAsync("#", { qos: 1, rap: true });
  });
  after(async () => {
    await sightline?.stop();
    await listener?.endAsync(true);
    await broker?.stop();
    rmSync(directory, { recursive: true });
  });

  const serve = async (): Promise<SightlineProcess> => {
    const started = await startSightline(config);
    await until(() => kept.get("sightline/status")?.payload === "online", "Sightline on the broker");
    // The first previews are done, and the cameras closed again.
    for (const [id, size] of [
      ["front-door", "320x240"],
      ["back", "160x120"],
    ]) {
      await until(
        () =>
          kept.get(`sightline/${id}/stats`)?.payload.includes(`"${size}"`) &&
          kept.get(`sightline/${id}/state`)?.payload.includes('"idle"'),
        `a preview of ${id}`,
      );
    }
    return started;
  };
  const mqttCommand = (...flags: readonly string[]) => runSightline(["mqtt", "--config", file, ...flags]);
  /** Without what is of the moment, and of the port that the system chose. */
  const lasting = (messages: readonly Message[]): readonly Message[] =>
    messages
      .map((message) => ({
        ...message,
        payload: message.payload
          .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"(a time)"')
          .replaceAll(/"reason":"[^"]*"/g, '"reason":"(why)"'),
      }))
      .sort((a, b) => (a.topic < b.topic ? -1 : 1));

  it("prints the exact messages of a start, before there was one, and keeps nothing", async () => {
    const planned = await mqttCommand("--dry-run");
    assert.equal(planned.code, 0, planned.stderr);
    assert.match(
      planned.stdout,
      /^homeassistant\/device\/sightline_[0-9a-f]{12}\/front-door\/config {2}\(QoS 1, retained\)$/m,
    );
    assert.match(planned.stderr, /identifiers are made up/);
    const again = await mqttCommand("--dry-run");
    assert.notEqual(again.stdout, planned.stdout, "a made-up identifier is kept nowhere");
  });

  it("prints what a start with the same data then publishes", async () => {
    sightline = await serve();
    const published = lasting([...kept.values()].filter(({ topic }) => !topic.endsWith("/image")));
    const planned = await mqttCommand("--dry-run", "--json", "--host", "127.0.0.1");
    assert.equal(planned.code, 0, planned.stderr);
    assert.doesNotMatch(planned.stderr, /made up/);
    const messages = planned.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Message);
    assert.ok(messages.length > 10);
    // What was measured is of its moment: of the statistics, the members alone.
    const unmeasured = (message: Message): Message =>
      message.topic.endsWith("/stats")
        ? { ...message, payload: Object.keys(JSON.parse(message.payload) as object).join() }
        : message;
    assert.deepEqual(lasting(messages).map(unmeasured), published.map(unmeasured));
  });

  it("--clear takes everything of ours, nothing of others, and says when somebody is still there", async () => {
    await listener.publishAsync("homeassistant/device/other/config", '{"origin":{"name":"Other"}}', { retain: true });
    await listener.publishAsync("sightlines/status", "online", { retain: true });
    const whileRunning = await mqttCommand("--clear");
    assert.equal(whileRunning.code, 0, whileRunning.stderr);
    assert.match(whileRunning.stderr, /A Sightline is still connected/);
    await sightline?.stop();
    sightline = await serve();
    await sightline.stop();
    const cleared = await mqttCommand("--clear");
    assert.match(cleared.stdout, /^sightline\/front-door\/availability$/m);
    assert.match(cleared.stderr, /Removed: \d+ messages/);
    assert.doesNotMatch(cleared.stderr, /still connected/);
    await until(() => kept.size === 2, "an empty broker");
    assert.deepEqual([...kept.keys()].sort(), ["homeassistant/device/other/config", "sightlines/status"]);
    assert.match((await mqttCommand("--clear")).stderr, /keeps nothing of ours/);
  });

  it("--clear also finds what was announced with another data directory", async () => {
    sightline = await serve();
    await sightline.stop();
    const cleared = await mqttCommand("--clear", "--data-dir", join(directory, "elsewhere"));
    assert.match(cleared.stdout, /^homeassistant\/device\/sightline_[0-9a-f]{12}\/front-door\/config$/m);
    await until(() => kept.size === 2, "an empty broker");
  });

  it("says what is missing: a broker, or its answer", async () => {
    const none = await runSightline(["mqtt", "--clear"]);
    assert.deepEqual([none.code, none.stdout], [64, ""]);
    assert.match(none.stderr, /needs a broker: set mqtt\.url/);
    await broker.end();
    const away = await mqttCommand("--clear");
    assert.equal(away.code, 1);
    assert.match(away.stderr, /^sightline: MQTT broker mqtt:\/\/127\.0\.0\.1:\d+: nothing listens there/);
  });
});
