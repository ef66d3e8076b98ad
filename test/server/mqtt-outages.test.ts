import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { createFastClock } from "../support/fast-clock.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { retainedBy } from "../support/mqtt-observer.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { LinkRig, ServiceRig } from "./mqtt-rig.ts";

const frontConfig = "homeassistant/device/sightline_ab12cd34ef56/front/config";

async function startBroker(t: TestContext, lines: readonly string[] = []): Promise<Mosquitto> {
  const broker = await Mosquitto.start(() => lines);
  t.after(() => broker.stop());
  return broker;
}

const ourConnections = (broker: Mosquitto): number => broker.log().split("as sightline-").length - 1;

describe("a broker that comes and goes", { ...needing("mosquitto"), timeout: 60_000 }, () => {
  it("has everything again within 10 s of its return, though it has forgotten all", async (t) => {
    const broker = await startBroker(t);
    // Twice as fast: a device that was announced just before must wait for 10 s, which is all the time there is.
    const rig = await ServiceRig.start(t, broker.url, { clock: createFastClock(2) });
    await until(async () => (await retainedBy(broker.url)).has(frontConfig), "the device");
    const before = await untilSteady(broker);
    await broker.end("SIGKILL");
    await until(() => rig.service.status.state === "waiting", "the loss");
    rig.front.state.set("lost", "unplugged meanwhile");
    await broker.start();
    const answered = performance.now();
    await until(async () => (await retainedBy(broker.url)).size === before.size, "everything", 12_000);
    assert.ok(performance.now() - answered < 10_000);
    const kept = await retainedBy(broker.url);
    assert.deepEqual([...kept.keys()].sort(), [...before.keys()].sort());
    assert.equal(kept.get("sightline/front/availability")?.toString(), "offline");
    assert.equal(kept.get("sightline/status")?.toString(), "online");
    assert.equal(rig.service.status.connections, 2);
  });

  it("is not stormed while it flaps, and each loss is a line or two in the log, whatever is tried", async (t) => {
    const broker = await startBroker(t);
    const rig = await (await LinkRig.start(t, broker.url, {}, createFastClock(5))).connected();
    for (let flap = 1; flap <= 3; flap += 1) {
      await broker.end("SIGKILL");
      await until(() => rig.disconnections === flap, "the loss");
      await broker.start();
      await rig.connected();
    }
    assert.equal(rig.link.status.connections, 4);
    assert.equal(ourConnections(broker), 4, "no connection that was not needed");
    const losses = rig.log.with("warn: MQTT broker").length;
    assert.ok(losses >= 3 && losses <= 6, rig.log.lines.join("\n"));
    await broker.end("SIGKILL");
    await rig.said("nothing listens there");
    const lines = rig.log.lines.length;
    const { failures } = rig;
    await until(() => rig.failures >= failures + 10, "ten attempts");
    // Each kind of trouble once: on a busy machine an attempt may also run out of time.
    assert.ok(rig.log.lines.length - lines <= 4, "attempts are not told one by one");
  });

  it("that does not answer costs no memory, and nothing is wrong when it answers again", async (t) => {
    const broker = await startBroker(t);
    const rig = await (await LinkRig.start(t, broker.url)).connected();
    broker.signal("SIGSTOP");
    t.after(() => broker.signal("SIGCONT"));
    const picture = Buffer.alloc(300_000);
    let most = 0;
    for (let round = 0; round < 100; round += 1) {
      for (let camera = 0; camera < 20; camera += 1) {
        rig.link.publish({ topic: `sightline/${camera}/image`, payload: picture, qos: 0, retain: false });
        rig.link.publish({ topic: `sightline/${camera}/state`, payload: String(round), qos: 1, retain: true });
        rig.link.publish({ topic: `sightline/${camera}/event`, payload: "e", qos: 1, retain: false, isEvent: true });
      }
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, rig.link.status.queued);
    }
    assert.ok(most <= 20 + 20 + 100 + 8, `${most} messages waited`);
    assert.ok(rig.link.status.counts.replaced > 1_000);
    broker.signal("SIGCONT");
    await until(() => rig.link.status.queued === 0, "all that waits");
    const kept = await retainedBy(broker.url, "sightline/#");
    assert.equal(kept.size, 20);
    assert.deepEqual([...new Set([...kept.values()].map(String))], ["99"], "the newest of each");
    assert.equal(rig.link.status.connections, 1);
  });

  it("that does not answer keeps nobody from stopping", async (t) => {
    for (const publishes of [true, false]) {
      const broker = await startBroker(t);
      const rig = await (await LinkRig.start(t, broker.url)).connected();
      broker.signal("SIGSTOP");
      if (publishes) rig.link.publish({ topic: "sightline/status", payload: "offline", qos: 1, retain: true });
      else rig.link.unsubscribe(["sightline/+"]); // never acknowledged
      const before = performance.now();
      await rig.link.stop();
      assert.ok(performance.now() - before < 2_000);
      assert.equal(rig.link.status.state, "off");
      broker.signal("SIGCONT");
    }
  });
});

/** What the broker keeps once nothing is added any more. */
async function untilSteady(broker: Mosquitto): Promise<ReadonlyMap<string, Buffer>> {
  return until(async () => {
    const kept = await retainedBy(broker.url);
    return kept.get("sightline/status")?.toString() === "online" ? kept : undefined;
  }, "everything");
}
