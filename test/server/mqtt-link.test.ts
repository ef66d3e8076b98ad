import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFastClock } from "../support/fast-clock.ts";
import { findFreePort } from "../support/home-assistant-process.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver, retainedBy } from "../support/mqtt-observer.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { LinkRig } from "./mqtt-rig.ts";

const state = (topic: string, payload: string | Buffer) => ({ topic, payload, qos: 1, retain: true }) as const;

describe("a link to mosquitto", { ...needing("mosquitto"), timeout: 60_000 }, () => {
  it("speaks MQTT 5, publishes, and says good-bye so that no will is published", async (t) => {
    const broker = await Mosquitto.start();
    t.after(() => broker.stop());
    const observer = await MqttObserver.connect(broker.url);
    t.after(() => observer.end());
    const rig = await LinkRig.start(t, broker.url);
    assert.ok(["connecting", "connected"].includes(rig.link.status.state));
    await rig.connected();
    const { protocol, connections, queued, broker: name } = rig.link.status;
    assert.deepEqual([protocol, connections, queued, name], ["5.0", 1, 0, broker.url]);
    rig.link.publish(state("sightline/a", "1"));
    rig.link.publish({ topic: "sightline/b", payload: "2", qos: 0, retain: false });
    await observer.untilText("sightline/b", "2");
    assert.equal(observer.latest("sightline/a")?.retain, true);
    assert.equal(observer.latest("sightline/b")?.retain, false);
    rig.link.publish(state("sightline/c", "last words"));
    await rig.link.stop();
    await observer.untilText("sightline/c", "last words");
    await until(() => /sightline-test disconnected\./.test(broker.log()), "a proper good-bye");
    assert.deepEqual(observer.texts("sightline/status"), []);
    assert.equal(rig.link.status.state, "off");
    assert.equal(rig.link.status.counts.sent, 3);
    assert.deepEqual(rig.log.lines, [`info: connected to MQTT broker ${broker.url} (MQTT 5.0)`]);
  });

  it("hears what it subscribes to, with the retain flag as it was published", async (t) => {
    const broker = await Mosquitto.start();
    t.after(() => broker.stop());
    const observer = await MqttObserver.connect(broker.url, []);
    t.after(() => observer.end());
    await observer.say("x/1/set", "kept before", { retain: true });
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    await rig.link.subscribe(["x/+/set", "x/+/state"]);
    const properties = { responseTopic: "back", correlationData: Buffer.from("c") };
    await observer.say("x/2/set", "live", { properties });
    await observer.say("x/3/set", "live, to be kept", { retain: true });
    await observer.say("x/4/state", "live, to be kept", { retain: true });
    await until(() => rig.received.length === 4, "four messages");
    assert.deepEqual(
      rig.received.map(({ topic, retain }) => [topic, retain]),
      [
        ["x/1/set", true],
        ["x/2/set", false],
        ["x/3/set", true],
        ["x/4/state", false], // only commands must not be kept
      ],
    );
    assert.deepEqual(rig.received[1], {
      topic: "x/2/set",
      payload: Buffer.from("live"),
      retain: false,
      ...properties,
    });
    rig.link.unsubscribe(["x/+/state"]);
    await until(() => broker.log().includes("UNSUBSCRIBE from sightline-test"), "the end of it");
    await observer.say("x/4/state", "nobody listens");
    await observer.say("x/5/set", "end");
    await until(() => rig.received.some(({ topic }) => topic === "x/5/set"), "the last one");
    assert.equal(rig.received.length, 5);
  });

  it("respects the largest packet that the broker takes", async (t) => {
    const broker = await Mosquitto.start(() => ["max_packet_size 2000000"]);
    t.after(() => broker.stop());
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    const maxBytes = rig.link.maxPayloadBytes("sightline/picture");
    assert.ok(maxBytes > 1_999_000 && maxBytes < 2_000_000, String(maxBytes));
    rig.link.publish(state("sightline/picture", Buffer.alloc(maxBytes)));
    rig.link.publish(state("sightline/more", Buffer.alloc(maxBytes + 100)));
    rig.link.publish(state("sightline/more", Buffer.alloc(4_000_000)));
    await until(() => rig.link.status.counts.sent === 1, "what fits");
    assert.equal(rig.link.status.counts.oversize, 2);
    assert.equal(rig.log.with("was not sent").length, 1, "once per topic");
    assert.equal((await retainedBy(broker.url, "sightline/#")).get("sightline/picture")?.length, maxBytes);
    assert.doesNotMatch(broker.log(), /oversize/i);
    assert.equal(rig.link.status.connections, 1);
  });

  it("assumes 1.5 MB where the broker names no limit", async (t) => {
    const broker = await Mosquitto.start();
    t.after(() => broker.stop());
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    assert.ok(rig.link.maxPayloadBytes("x") < 1_500_000);
    assert.ok(rig.link.maxPayloadBytes("x") > 1_499_000);
  });

  it("goes without retained messages where the broker keeps none", async (t) => {
    const broker = await Mosquitto.start(() => ["retain_available false"]);
    t.after(() => broker.stop());
    const observer = await MqttObserver.connect(broker.url);
    t.after(() => observer.end());
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    rig.link.publish(state("sightline/a", "1"));
    await observer.untilText("sightline/a", "1");
    assert.equal(rig.link.status.connections, 1);
    assert.equal(rig.link.status.protocol, "5.0");
  });

  for (const line of ["max_inflight_messages 1", "max_qos 0", "max_keepalive 10"]) {
    it(`gets everything through with ${line}`, async (t) => {
      const broker = await Mosquitto.start(() => [line]);
      t.after(() => broker.stop());
      const rig = await (await LinkRig.start(t, broker.url)).connected();
      for (let count = 0; count < 50; count += 1) rig.link.publish(state(`sightline/${count}`, String(count)));
      await until(() => rig.link.status.counts.sent === 50, "fifty messages");
      assert.equal((await retainedBy(broker.url, "sightline/#")).size, 50);
      assert.equal(rig.link.status.connections, 1);
    });
  }

  it("logs once what an access list forbids, and stays", async (t) => {
    const rules = ["topic readwrite sightline/ok/#", "topic readwrite x/#"].join("\n");
    const broker = await Mosquitto.start((directory) => {
      writeFileSync(join(directory, "acl"), `${rules}\n`);
      return [`acl_file ${join(directory, "acl")}`];
    });
    t.after(() => broker.stop());
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    for (const text of ["1", "2"]) rig.link.publish(state("sightline/forbidden", text));
    rig.link.publish(state("sightline/ok/a", "1"));
    await until(() => rig.link.status.counts.sent === 1, "what is allowed");
    assert.deepEqual(rig.log.with("warn"), [
      "warn: the broker refuses sightline/forbidden: its access list does not allow it",
    ]);
    assert.equal(rig.link.status.connections, 1);
  });
});

describe("a link without a broker", { timeout: 60_000 }, () => {
  it("says so once in plain words, and stops at once", async (t) => {
    const port = await findFreePort();
    const rig = await LinkRig.start(t, `mqtt://127.0.0.1:${port}`, {}, createFastClock(10));
    await rig.said("nothing listens there");
    assert.equal(rig.link.status.state, "waiting");
    assert.equal(rig.link.status.reason, "nothing listens there: is the broker running, and is the port right?");
    rig.link.publish(state("sightline/a", "1"));
    assert.equal(rig.link.status.queued, 0, "nobody is told anything before there is a connection");
    await until(() => rig.failures >= 5, "five attempts");
    assert.equal(rig.log.lines.length, 1);
    const before = performance.now();
    await rig.link.stop();
    assert.ok(performance.now() - before < 500);
  });

  it("stops while it is connecting, before it was started, and twice", async () => {
    const rig = new LinkRig(`mqtt://127.0.0.1:${await findFreePort()}`);
    await rig.link.stop();
    await rig.link.start();
    await rig.link.start();
    await Promise.all([rig.link.stop(), rig.link.stop()]);
    assert.equal(rig.link.status.state, "off");
  });
});
