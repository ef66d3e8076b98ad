import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RetainedMessages } from "../../../../src/announce/mqtt/retained-messages.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakePublisher, incoming } from "./mqtt-fakes.ts";

const marker = "sightline/bridge/marker";
const filters = ["sightline/+/availability", "homeassistant/device/sightline_ab/+/config"];

class Rig {
  readonly clock = new FakeClock();
  readonly link = new FakePublisher();
  readonly retained = new RetainedMessages(this.link, marker, this.clock);
  /** What was found, once that is complete. */
  found: readonly string[] | undefined;

  async collect(): Promise<void> {
    void this.retained.collect(filters).then((found) => {
      this.found = [...found].map(([topic, payload]) => `${topic}=${payload.toString()}`);
    });
    await settle();
  }

  kept(topic: string, payload: string): boolean {
    return this.retained.offer(incoming(topic, payload, { retain: true }));
  }

  /** The broker sends back what we said. */
  async comeBack(): Promise<void> {
    const sent = this.link.take().at(-1);
    assert.ok(sent);
    this.retained.offer(incoming(sent.topic, Buffer.from(sent.payload)));
    await settle();
  }
}

describe("collecting what the broker keeps", () => {
  it("ends when our own message has come back", async () => {
    const rig = new Rig();
    await rig.collect();
    assert.deepEqual(rig.link.subscribed, [...filters, marker]);
    assert.ok(rig.kept("sightline/a/availability", "online"));
    assert.ok(rig.kept("homeassistant/device/sightline_ab/a/config", "{}"));
    await settle();
    assert.equal(rig.found, undefined);
    await rig.comeBack();
    assert.deepEqual(rig.found, ["sightline/a/availability=online", "homeassistant/device/sightline_ab/a/config={}"]);
    assert.equal(rig.clock.pending, 0);
  });

  it("leaves to others what it does not collect", async () => {
    const rig = new Rig();
    assert.equal(rig.kept("sightline/a/availability", "online"), false, "nothing is collected yet");
    await rig.collect();
    assert.equal(rig.kept("sightline/a/enabled/set", "OFF"), false, "a command that was kept is refused, and logged");
    assert.equal(rig.kept("homeassistant/status", "online"), false);
    assert.equal(rig.kept("sightline/a/b/availability", "online"), false);
    assert.equal(rig.kept("sightline/availability", "online"), false);
    assert.equal(rig.kept("sightline/a/availability", ""), false);
    assert.equal(rig.retained.offer(incoming("sightline/a/availability", "online")), false, "not kept");
    await rig.comeBack();
    assert.deepEqual(rig.found, []);
    assert.equal(rig.kept("sightline/a/availability", "online"), false, "it is over");
  });

  it("knows what # stands for", async () => {
    const rig = new Rig();
    void rig.retained.collect(["sightline/#"]);
    await settle();
    assert.ok(rig.kept("sightline/a/b/c", "1"));
    assert.ok(rig.kept("sightline", "1"));
    assert.equal(rig.kept("sightlines/a", "1"), false);
  });

  it("does not wait forever for a message that never comes back", async () => {
    const rig = new Rig();
    await rig.collect();
    rig.kept("sightline/a/availability", "online");
    await rig.clock.advance(2_900);
    assert.equal(rig.found, undefined);
    await rig.clock.advance(200);
    assert.deepEqual(rig.found, ["sightline/a/availability=online"]);
  });

  it("takes the message of an earlier run for what it is", async () => {
    const rig = new Rig();
    await rig.collect();
    const old = rig.link.take().at(-1);
    rig.retained.abort();
    await settle();
    assert.deepEqual(rig.found, []);
    rig.found = undefined;
    await rig.collect();
    assert.ok(rig.retained.offer(incoming(marker, Buffer.from(old?.payload ?? ""))));
    await settle();
    assert.equal(rig.found, undefined);
    await rig.comeBack();
    assert.deepEqual(rig.found, []);
  });
});
