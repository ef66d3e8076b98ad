import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { isLongRun } from "../support/full-count.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

const cameraCount = 20;
const intervalSeconds = 2;
/** The times, or as much of them as shows the same. */
const loadSeconds = isLongRun ? 300 : 20;
const stalledSeconds = isLongRun ? 60 : 12;

const cameras = Array.from({ length: cameraCount }, (_, index) => ({
  id: `pattern-${index + 1}`,
  source: "test-pattern",
  width: 320,
  height: 240,
  fps: 5,
  capture: "always",
}));

interface MqttStatus {
  readonly state: string;
  readonly queued: number;
  readonly connections: number;
}

describe("twenty running cameras on one broker", { ...needing("mosquitto"), timeout: 900_000 }, () => {
  let broker: Mosquitto;
  let sightline: SightlineProcess;
  let listener: MqttClient;
  const heard: string[] = [];
  before(async () => {
    broker = await Mosquitto.start();
    listener = await mqtt.connectAsync(broker.url, { keepalive: 600, protocolVersion: 5 });
    listener.on("message", (topic) => void heard.push(topic));
    await listener.subscribeAsync(["sightline/#", "homeassistant/#"]);
    sightline = await startSightline({ cameras, mqtt: { url: broker.url, preview: { intervalSeconds } } });
    await until(() => heard.filter((topic) => topic.endsWith("/config")).length > cameraCount, "all devices", 30_000);
  });
  after(async () => {
    await sightline?.stop();
    await listener?.endAsync(true);
    await broker?.stop();
  });

  const status = async (): Promise<MqttStatus> =>
    (await (await fetch(`${sightline.origin}/api/mqtt`)).json()) as MqttStatus;
  const rssMegabytes = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sightline.pid}/status`, "utf8"))?.[1]) / 1000;
  const report = (t: TestContext, what: string): void => t.diagnostic(what);

  it(`sends what the reference says, and no more, for ${loadSeconds} s, in steady memory`, async (t) => {
    // Twenty encoders start, and the heaps of their threads find their size: in a long run that is waited for.
    await pass(isLongRun ? 150_000 : 5_000);
    heard.length = 0;
    const startMs = performance.now();
    const samples: number[] = [];
    for (let second = 0; second < loadSeconds; second += 1) {
      await pass(1_000);
      samples.push(rssMegabytes());
    }
    // A busy machine takes longer for a second than that.
    const seconds = (performance.now() - startMs) / 1000;
    const count = (end: string): number => heard.filter((topic) => topic.endsWith(end)).length;
    const images = count("/image");
    const most = (cameraCount * seconds) / intervalSeconds + cameraCount;
    report(
      t,
      `${images} previews (${Math.floor(most)} at most), ${count("/stats")} stats, ${heard.length} messages in all`,
    );
    assert.ok(images <= most && images > most * 0.6, `${images} previews`);
    assert.ok(count("/stats") <= (cameraCount * seconds) / 10 + cameraCount, `${count("/stats")} stats`);
    assert.equal(count("/config"), 0, "no device is announced again");
    assert.equal(heard.length - images - count("/stats") - count("/controls"), 0, "nothing else");
    const half = Math.floor(samples.length / 2);
    const mean = (from: readonly number[]): number => from.reduce((sum, value) => sum + value, 0) / from.length;
    const growth = mean(samples.slice(half)) - mean(samples.slice(0, half));
    report(t, `RSS ${Math.max(...samples).toFixed(0)} MB at most; second half minus first: ${growth.toFixed(1)} MB`);
    assert.ok(growth < 12, `RSS grew by ${growth} MB`);
    assert.ok((await status()).queued <= cameraCount);
  });

  it(`a broker that is stopped for ${stalledSeconds} s costs no memory, and all goes on when it goes on`, async (t) => {
    const before = rssMegabytes();
    broker.signal("SIGSTOP");
    let queued = 0;
    let rss = 0;
    for (let second = 0; second < stalledSeconds; second += 1) {
      await pass(1_000);
      queued = Math.max(queued, (await status()).queued);
      rss = Math.max(rss, rssMegabytes());
    }
    heard.length = 0;
    broker.signal("SIGCONT");
    const startMs = performance.now();
    await until(async () => (await status()).state === "connected", "a connection", 10_000);
    await until(
      () => new Set(heard.filter((topic) => topic.endsWith("/image"))).size === cameraCount,
      "a new preview of each camera",
      10_000,
    );
    const seconds = (performance.now() - startMs) / 1000;
    report(
      t,
      `${queued} messages queued at most; RSS ${before.toFixed(0)} -> ${rss.toFixed(0)} MB; right again after ${seconds.toFixed(1)} s`,
    );
    // A picture, statistics, controls and a state for each camera, and what is under way.
    assert.ok(queued <= cameraCount * 4 + 20, `${queued} messages queued`);
    assert.ok(rss - before < 25, `RSS grew from ${before} to ${rss} MB`);
  });
});
