import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DeviceAnnouncer } from "../../../../../src/announce/mqtt/discovery/device-announcer.ts";
import type { Component, DeviceConfig } from "../../../../../src/announce/mqtt/discovery/device-config.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";
import { HomeAssistantConsumer } from "../../../../support/home-assistant-model/home-assistant-consumer.ts";
import { FakePublisher } from "../mqtt-fakes.ts";

const topic = "homeassistant/device/sightline_ab/front/config";

function device(components: Readonly<Record<string, Component>>, name = "Front"): DeviceConfig {
  return {
    device: { identifiers: ["front"], name },
    origin: { name: "Sightline" },
    availability: [{ topic: "sightline/status" }],
    availability_mode: "all",
    components,
  };
}

function sensor(key: string, platform: "sensor" | "binary_sensor" = "sensor"): Component {
  return { platform, unique_id: `front_${key}`, name: key, state_topic: `sightline/${key}` };
}

const three = { a: sensor("a"), b: sensor("b"), c: sensor("c") };

/** An announcer, and a Home Assistant that needs `pendingMs` to set up what is new. */
class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly home: HomeAssistantConsumer;
  readonly announcer: DeviceAnnouncer;
  notices = 0;

  constructor(pendingMs = 4_000) {
    this.home = new HomeAssistantConsumer({ clock: this.clock, pendingMs });
    this.announcer = new DeviceAnnouncer({
      topic,
      publisher: this.publisher,
      clock: this.clock,
      onSent: () => (this.notices += 1),
    });
    this.publisher.onPublish = ({ topic: at, payload }) => this.home.receive(at, Buffer.from(payload), false);
  }

  /** The components of each message since this was last asked. */
  take(): unknown[] {
    return this.publisher.take().map(({ payload }) => {
      return (JSON.parse(payload.toString()) as { components: unknown }).components;
    });
  }

  get entities(): readonly string[] {
    return [...this.home.entities().keys()].sort();
  }
}

describe("announcing a device", () => {
  it("sends the first message at once, retained and to be acknowledged", () => {
    const rig = new Rig();
    rig.announcer.connected();
    assert.equal(rig.publisher.sent.length, 0);
    rig.announcer.want(device(three));
    const [message] = rig.publisher.sent;
    assert.ok(message);
    assert.deepEqual({ ...message, payload: "" }, { topic, payload: "", qos: 1, retain: true, isEvent: false });
    assert.deepEqual(rig.take(), [three]);
    assert.equal(rig.notices, 1);
  });

  it("sends nothing twice", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device(three));
    rig.announcer.want(device(three));
    await rig.clock.advance(60_000);
    rig.announcer.want(device(three));
    await rig.clock.advance(60_000);
    assert.equal(rig.take().length, 1);
    assert.equal(rig.clock.pending, 0);
  });

  it("waits 10 s before the next message, and then sends what is wanted by then", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device({ a: sensor("a") }));
    rig.take();
    await rig.clock.advance(1_000);
    rig.announcer.want(device({ a: sensor("a"), b: sensor("b") }));
    await rig.clock.advance(5_000);
    rig.announcer.want(device(three));
    await rig.clock.advance(3_990);
    assert.deepEqual(rig.take(), []);
    await rig.clock.advance(20);
    assert.deepEqual(rig.take(), [three]);
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.take(), []);
  });

  it("sends a change at once when the last message is long ago", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device({ a: sensor("a") }));
    await rig.clock.advance(10_001);
    rig.announcer.want(device(three));
    assert.equal(rig.take().length, 2);
  });

  it("sends it once more when asked to, also not within 10 s", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device(three));
    rig.take();
    rig.announcer.resend();
    rig.announcer.resend();
    await rig.clock.advance(9_990);
    assert.deepEqual(rig.take(), []);
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.take(), [three]);
  });

  it("names what is gone once by its platform alone, and leaves it out 10 s later", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device(three));
    await rig.clock.advance(10_001);
    rig.take();
    rig.announcer.want(device({ a: sensor("a"), c: sensor("c") }));
    assert.equal(rig.publisher.sent[0]?.isEvent, true, "must not be replaced by the next one while it waits");
    assert.deepEqual(rig.take(), [{ a: sensor("a"), c: sensor("c"), b: { platform: "sensor" } }]);
    assert.deepEqual(rig.entities, ["front_a", "front_c"]);
    await rig.clock.advance(9_990);
    assert.deepEqual(rig.take(), []);
    await rig.clock.advance(20);
    assert.deepEqual(rig.take(), [{ a: sensor("a"), c: sensor("c") }]);
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.take(), []);
    assert.deepEqual(rig.home.complaints, []);
  });

  it("takes away what changes its platform, and adds it 10 s later", async () => {
    const rig = new Rig();
    rig.announcer.connected();
    rig.announcer.want(device(three));
    await rig.clock.advance(10_001);
    rig.take();
    const changed = { ...three, b: sensor("b", "binary_sensor") };
    rig.announcer.want(device(changed));
    assert.deepEqual(rig.take(), [{ ...three, b: { platform: "sensor" } }]);
    await rig.clock.advance(10_010);
    assert.deepEqual(rig.take(), [changed]);
    await rig.clock.advance(10_000);
    assert.equal(rig.home.entities().get("front_b")?.platform, "binary_sensor");
    assert.deepEqual(rig.home.complaints, []);
  });

  it("learns what an earlier run announced, and takes away what is no more", async () => {
    const rig = new Rig();
    rig.announcer.want(device({ a: sensor("a") }));
    const earlier = { ...three, gone: { platform: "sensor" } };
    rig.announcer.learn(Buffer.from(JSON.stringify(device(earlier))));
    assert.deepEqual(rig.announcer.known, three);
    rig.announcer.connected();
    assert.deepEqual(rig.take(), [{ a: sensor("a"), b: { platform: "sensor" }, c: { platform: "sensor" } }]);
    await rig.clock.advance(10_010);
    assert.deepEqual(rig.take(), [{ a: sensor("a") }]);
  });

  it("learns nothing from what is no message of ours", () => {
    const rig = new Rig();
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"components":[]}',
      '{"components":{"a":1,"b":{"platform":3,"c":1}}}',
    ]) {
      rig.announcer.learn(Buffer.from(text));
    }
    assert.deepEqual(rig.announcer.known, {});
  });

  it("sends nothing while there is no connection, and everything on the next", async () => {
    const rig = new Rig();
    rig.announcer.want(device({ a: sensor("a") }));
    rig.announcer.connected();
    rig.announcer.want(device(three));
    rig.announcer.disconnected();
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.take(), [{ a: sensor("a") }]);
    rig.announcer.connected();
    assert.deepEqual(rig.take(), [three]);
    rig.announcer.disconnected();
    rig.announcer.connected();
    assert.deepEqual(rig.take(), [], "10 s hold also for the next connection");
    await rig.clock.advance(10_010);
    assert.deepEqual(rig.take(), [three]);
  });

  it("skips nothing in a Home Assistant that takes its time, whatever changes when", async () => {
    const rig = new Rig(9_000);
    rig.announcer.connected();
    const keys = ["a", "b", "c", "d", "e"];
    const some = (from: number, count: number): DeviceConfig =>
      device(Object.fromEntries(keys.slice(from, from + count).map((key) => [key, sensor(key)])), `Front ${from}`);
    for (let step = 0; step < 40; step += 1) {
      rig.announcer.want(some(step % 3, 1 + (step % 4)));
      if (step % 7 === 0) rig.announcer.resend();
      await rig.clock.advance((step * 1_700) % 5_300);
    }
    rig.announcer.want(some(1, 4));
    await rig.clock.advance(40_000);
    assert.deepEqual(rig.entities, ["front_b", "front_c", "front_d", "front_e"]);
    assert.equal(rig.home.entities().get("front_b")?.name, "Front 1 b");
    assert.deepEqual(rig.home.complaints, []);
  });
});
