import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { createFastClock } from "../support/fast-clock.ts";
import { HomeAssistantConsumer } from "../support/home-assistant-model/home-assistant-consumer.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver, retainedBy } from "../support/mqtt-observer.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { control, FakeControls } from "../unit/announce/mqtt/mqtt-fakes.ts";
import { ServiceRig } from "./mqtt-rig.ts";

const frontConfig = "homeassistant/device/sightline_ab12cd34ef56/front/config";
const bridgeConfig = "homeassistant/device/sightline_ab12cd34ef56/_bridge/config";
const states = ["availability", "controls", "enabled", "state", "stats"].map((name) => `sightline/front/${name}`);

describe("cameras by MQTT", { ...needing("mosquitto"), timeout: 60_000 }, () => {
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
  afterEach(async () => {
    for (const topic of (await retainedBy(broker.url)).keys()) await observer.say(topic, "", { retain: true });
    observer.forget();
  });

  const controls = new FakeControls([control("brightness"), control("flip", { type: "boolean", value: false })]);
  const withControls = { ports: { controls: () => controls } };

  it("keeps with the broker what should be there, at the QoS of the reference, and nothing else", async (t) => {
    const rig = await ServiceRig.start(t, broker.url, withControls);
    rig.front.serveOnDemand();
    await observer.untilText("sightline/status", "online");
    await observer.until("sightline/front/image");
    const kept = [...states, "sightline/status", "sightline/bridge", frontConfig, bridgeConfig];
    assert.deepEqual([...(await retainedBy(broker.url)).keys()].sort(), kept.sort());
    for (const { topic, qos, retain } of observer.messages.filter((message) => message.topic !== "marker")) {
      const isImage = topic === "sightline/front/image";
      const isMarker = topic === "sightline/bridge/marker";
      assert.deepEqual([topic, qos, retain], [topic, isImage ? 0 : 1, !isImage && !isMarker]);
    }
    await rig.service.stop();
    await observer.untilText("sightline/status", "offline");
    assert.equal(observer.texts("sightline/status").filter((text) => text === "offline").length, 1);
  });

  it("takes every command, and refuses with a reason what makes no sense", async (t) => {
    const rig = await ServiceRig.start(t, broker.url, withControls);
    await observer.untilText("sightline/status", "online");
    const say = (topic: string, payload: string, retain = false): Promise<void> =>
      observer.say(`sightline/front/${topic}/set`, payload, { retain });
    await say("controls/brightness", "140");
    await say("controls", '{"brightness":7,"flip":true}');
    await say("reset-controls", "PRESS");
    await say("restart", "");
    await say("enabled", "OFF");
    await say("enabled", "ON");
    await until(() => rig.ports.switches.calls.length === 3, "all commands");
    assert.deepEqual(rig.ports.switches.calls, ["front restart", "front off by MQTT", "front on by MQTT"]);
    assert.deepEqual(controls.sets, [{ brightness: 140 }, { brightness: 7, flip: true }]);
    assert.equal(controls.resets, 1);
    await observer.until("sightline/front/controls", (payload) => payload.includes('"flip":{"value":true'));

    await say("enabled", "maybe");
    await say("controls", "[]");
    await say("controls/brightness", "x");
    await say("controls/nothing", "1");
    await observer.say("sightline/back/restart/set", "PRESS");
    await say("enabled", "OFF", true);
    await until(() => rig.log.with("refused").length === 6, "six refusals");
    assert.equal(rig.ports.switches.calls.length, 3);
    assert.equal(controls.sets.length, 2);
    assert.equal(rig.log.with("retain").length, 1);
  });

  it("ignores commands that were kept before it came, and says so", async (t) => {
    await observer.say("sightline/front/enabled/set", "OFF", { retain: true });
    const rig = await ServiceRig.start(t, broker.url);
    await observer.untilText("sightline/status", "online");
    assert.deepEqual(rig.log.with("refused"), [
      "warn: MQTT command refused: sightline/front/enabled/set: commands that the broker keeps (retain) are ignored",
    ]);
    assert.deepEqual(rig.ports.switches.calls, []);
  });

  it("returns a picture to whoever asks for one, with what they want back", async (t) => {
    const rig = await ServiceRig.start(t, broker.url);
    rig.front.serveOnDemand();
    await observer.untilText("sightline/status", "online");
    const correlationData = Buffer.from([1, 2, 3]);
    const properties = { responseTopic: "answers/1", correlationData };
    await observer.say("sightline/front/snapshot/set", "PRESS", { properties });
    const answer = await observer.until("answers/1");
    assert.match(answer.payload.toString(), /^picture/);
    assert.deepEqual(answer.properties.correlationData, correlationData);
    assert.equal(answer.properties.contentType, "image/jpeg");
    assert.deepEqual((await observer.until("sightline/front/snapshot")).payload, answer.payload);
    rig.front.state.set("off", "switched off by MQTT");
    await observer.say("sightline/front/snapshot/set", "", { properties });
    const refusal = await observer.until("answers/1", (payload) => payload.includes("error"));
    assert.equal(refusal.payload.toString(), '{"error":"camera front: off (switched off by MQTT)"}');
  });

  it("tells everything again when Home Assistant starts, devices not within 10 s of the last time", async (t) => {
    const clock = createFastClock(10);
    await ServiceRig.start(t, broker.url, { ...withControls, clock });
    await observer.untilText("sightline/status", "online");
    const startNs = clock.monotonicNs();
    observer.forget();
    await observer.say("homeassistant/status", "online");
    for (const topic of [...states, "sightline/status", "sightline/bridge"]) await observer.until(topic);
    assert.deepEqual(observer.texts(frontConfig), []);
    await observer.until(frontConfig);
    assert.ok(clock.monotonicNs() - startNs > 8_000_000_000n);
    await observer.until(bridgeConfig);
  });

  it("takes away cameras and components that an earlier run left", async (t) => {
    const clock = createFastClock(10);
    const store = memoryStore();
    const shared = { clock, store };
    const first = new ServiceRig(broker.url, { ...shared, ...withControls, cameras: ["front", "gone"] });
    await first.service.start();
    await observer.untilText("sightline/status", "online");
    await first.service.stop();
    await observer.say("sightline/theirs/availability", "online", { retain: true });
    observer.forget();
    const rig = await ServiceRig.start(t, broker.url, { ...shared, settings: { baseTopic: "moved" } });
    await observer.untilText("moved/status", "online");
    await observer.until(frontConfig, (payload) => !payload.includes("control_flip"), 15_000);
    assert.match(observer.texts(frontConfig)[0] ?? "", /"control_flip":\{"platform":"switch"\}/);
    const kept = [...(await retainedBy(broker.url)).keys()];
    assert.deepEqual(
      kept.filter((topic) => topic.startsWith("sightline/")),
      ["sightline/theirs/availability"],
    );
    assert.ok(!kept.some((topic) => topic.includes("gone")));
    assert.equal(rig.log.with("earlier topics").length, 1);
  });

  it("does without discovery, and takes away what was discovered before", async (t) => {
    const store = memoryStore();
    const first = new ServiceRig(broker.url, { store });
    await first.service.start();
    await observer.untilText("sightline/status", "online");
    await first.service.stop();
    observer.forget();
    await ServiceRig.start(t, broker.url, { store, settings: { discovery: false } });
    await observer.untilText("sightline/status", "online");
    await observer.untilText(frontConfig, "");
    await observer.untilText(bridgeConfig, "");
    const kept = [...(await retainedBy(broker.url)).keys()];
    assert.ok(kept.includes("sightline/front/state"));
    assert.ok(!kept.some((topic) => topic.startsWith("homeassistant/")));
  });

  it("lets Home Assistant have every entity in the right state, without a complaint", async (t) => {
    const clock = createFastClock(10);
    const home = await connectHome(broker.url, clock);
    t.after(() => home.end());
    const rig = await ServiceRig.start(t, broker.url, { ...withControls, clock });
    rig.front.serveOnDemand();
    const stateOf = (key: string): unknown => home.consumer.entities().get(`sightline_ab12cd34ef56_${key}`)?.state;
    await until(() => stateOf("front_state") === "idle" && stateOf("connection") === "on", "states");
    await until(() => home.consumer.entities().get("sightline_ab12cd34ef56_front_camera")?.image, "a picture");
    assert.equal(stateOf("front_connected"), "on");
    assert.equal(stateOf("front_enabled"), "on");
    const slider = "sightline_ab12cd34ef56_front_control_brightness";
    await until(() => home.consumer.entities().get(slider)?.available, "the slider");
    const { topic, payload } = home.consumer.set(slider, 99);
    await observer.say(topic, payload);
    await until(() => stateOf("front_control_brightness") === 99, "the slider's value");
    rig.ports.registry.remove("front");
    await until(() => !home.consumer.entities().has("sightline_ab12cd34ef56_front_camera"), "its end");
    assert.deepEqual(home.consumer.complaints, []);
  });
});

/** Home Assistant's model on a real connection. */
async function connectHome(url: string, clock: ReturnType<typeof createFastClock>) {
  // MQTT.js would leave out what it has subscribed to before; Home Assistant does not.
  const observer = await MqttObserver.connect(url, [], { resubscribe: false });
  const subscribe = (filters: readonly string[]): void => {
    if (filters.length > 0) void observer.client.subscribeAsync([...filters], { qos: 0 });
  };
  const consumer = new HomeAssistantConsumer({ clock, onSubscribe: subscribe, pendingMs: 1_000 });
  observer.client.on("message", (topic, payload, { retain }) => consumer.receive(topic, payload, retain));
  await observer.client.subscribeAsync(consumer.subscriptions(), { qos: 0 });
  const end = async (): Promise<void> => {
    consumer.stop();
    await observer.end();
  };
  return { consumer, end };
}
