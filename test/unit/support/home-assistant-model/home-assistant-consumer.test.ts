import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyInput } from "../../../support/codec-kit.ts";
import { frontDoor, frontDoorTopic, frontDoorWith, frontDoorWithComponent } from "./front-door.ts";
import { HomeRig } from "./home-rig.ts";

const { camera, motion, restart, streaming } = frontDoor.cmps;

test("what is announced is there once it is no longer pending", async () => {
  const rig = new HomeRig({ pendingMs: 50 });
  rig.announce(frontDoor);
  assert.equal(rig.home.entities().size, 0);
  assert.deepEqual(rig.home.subscriptions(), ["homeassistant/device/+/config", "homeassistant/device/+/+/config"]);
  await rig.clock.advance(50);
  assert.equal(rig.home.entities().size, Object.keys(frontDoor.cmps).length);
  assert.ok(rig.home.subscriptions().includes("sightline/front/controls/brightness"));
  assert.ok(!rig.home.subscriptions().includes("sightline/front/flicker"), "disabled by default");
  assert.deepEqual(rig.home.complaints, []);
});

test("an entity has the id, name and category that were announced", async () => {
  const rig = await HomeRig.of();
  const facts = (id: string): unknown[] => {
    const { entityId, name, category, enabledByDefault, platform } = rig.entity(id);
    return [entityId, name, category, enabledByDefault, platform];
  };
  assert.deepEqual(facts("front_camera"), ["camera.front_door", "Front door", undefined, true, "camera"]);
  assert.deepEqual(facts("front_flicker"), [
    "select.front_door_power_line",
    "Front door Power line",
    "config",
    false,
    "select",
  ]);
  assert.equal(facts("front_motion")[0], "binary_sensor.front_door_motion");
});

test("a message that meets a pending component is queued for it, and the rest of it is skipped", async () => {
  const rig = new HomeRig();
  rig.announce(frontDoorWith({ cmps: { camera } }));
  await rig.clock.advance(20);
  rig.announce(frontDoorWith({ cmps: { camera: { ...camera, name: "Picture" }, motion } }));
  await rig.clock.advance(1_000);
  assert.deepEqual([...rig.home.entities().keys()], ["front_camera"], "motion was skipped");
  assert.equal(rig.entity("front_camera").name, "Front door Picture", "the queued message came through");
  rig.announce(frontDoorWith({ cmps: { camera: { ...camera, name: "Picture" }, motion } }));
  await rig.clock.advance(100);
  assert.deepEqual([...rig.home.entities().keys()], ["front_camera", "front_motion"], "sent again, it is complete");
});

test("components in front of the pending one are taken", async () => {
  const rig = new HomeRig();
  rig.announce(frontDoorWith({ cmps: { camera } }));
  rig.announce(frontDoorWith({ cmps: { motion, camera, restart } }));
  await rig.clock.advance(1_000);
  assert.deepEqual([...rig.home.entities().keys()], ["front_camera", "front_motion"]);
});

test("an unchanged message makes nothing pending", async () => {
  const rig = await HomeRig.of();
  const { length } = rig.subscribed;
  rig.announce(frontDoorWith({ cmps: { camera, motion } }));
  rig.announce(frontDoorWith({ cmps: { camera, motion, streaming: { ...streaming, name: "Other" } } }));
  await rig.clock.advance(100);
  assert.equal(rig.entity("front_streaming").name, "Front door Other");
  assert.equal(rig.subscribed.length, length);
});

test("a change keeps the state and moves the subscriptions", async () => {
  const rig = await HomeRig.of();
  rig.say("sightline/front/motion", "ON");
  rig.home.receive(frontDoorTopic, Buffer.from(frontDoorWithComponent("motion", { stat_t: "elsewhere" })), true);
  await rig.clock.advance(100);
  assert.equal(rig.entity("front_motion").state, "on");
  assert.equal(rig.subscribed.at(-1), "elsewhere");
  assert.ok(!rig.home.subscriptions().includes("sightline/front/motion"));
});

test("leaving a component out does not remove it, its platform alone does", async () => {
  const rig = await HomeRig.of();
  rig.announce(frontDoorWith({ cmps: { camera } }));
  assert.ok(rig.home.entities().has("front_motion"));
  rig.announce(frontDoorWith({ cmps: { camera, motion: { p: "binary_sensor" } } }));
  assert.ok(!rig.home.entities().has("front_motion"));
  assert.ok(rig.home.entities().has("front_connected"));
  rig.announce(frontDoorWith({ cmps: { camera, motion } }));
  await rig.clock.advance(100);
  assert.ok(rig.home.entities().has("front_motion"), "it can come back");
});

test("an empty message removes the device, except what is disabled", async () => {
  const rig = await HomeRig.of();
  rig.say(frontDoorTopic, "");
  assert.deepEqual([...rig.home.entities().keys()], ["front_flicker"]);
  assert.deepEqual(rig.home.complaints, []);
  rig.say(frontDoorTopic, "");
  assert.deepEqual(rig.home.complaints, ["no device components to clean up for sightline_ab12_front"]);
});

test("an entity the user enabled is as any other", async () => {
  const rig = await HomeRig.of(frontDoor, { isEnabledByUser: (id) => id === "front_flicker" });
  rig.say("sightline/front/flicker", "50 Hz");
  assert.equal(rig.entity("front_flicker").state, "50 Hz");
});

test("a message that is refused changes nothing, a component that is refused costs only itself", async () => {
  const rig = new HomeRig();
  rig.announce(frontDoorWith({ retain: true }));
  assert.deepEqual(rig.home.complaints.splice(0), ["retain: unknown key"]);
  rig.announce(frontDoorWith({ cmps: { camera: { ...camera, t: "" }, motion: { ...motion, colour: "red" } } }));
  await rig.clock.advance(100);
  assert.deepEqual([...rig.home.entities().keys()], ["front_motion"], "an unknown key costs nothing");
  assert.deepEqual(rig.home.complaints, [
    "components.camera.topic: must not be empty",
    "components.motion.colour: unknown key",
  ]);
});

test("a unique id that is taken is complained about", async () => {
  const rig = await HomeRig.of();
  rig.announce(frontDoorWith({ cmps: { other: motion } }), "homeassistant/device/other/config");
  await rig.clock.advance(100);
  assert.deepEqual(rig.home.complaints, [
    "binary_sensor does not generate unique IDs: front_motion is already used by binary_sensor.front_door_motion",
  ]);
});

test("the same component from another topic is complained about and not taken", async () => {
  const rig = new HomeRig();
  rig.announce(frontDoorWith({ cmps: { motion } }), "homeassistant/device/node/front/config");
  await rig.clock.advance(100);
  rig.announce(
    frontDoorWith({ cmps: { "node motion": { ...motion, name: "Other" } } }),
    "homeassistant/device/front/config",
  );
  await rig.clock.advance(100);
  assert.equal(rig.entity("front_motion").name, "Front door motion");
  assert.deepEqual(rig.home.complaints, [
    "binary_sensor front node motion: conflicting message on homeassistant/device/front/config, " +
      "discovered on homeassistant/device/node/front/config",
  ]);
});

test("a shared option that a platform has no use for is taken out", async () => {
  const rig = await HomeRig.of(frontDoorWith({ stat_t: "shared", cmps: { camera, motion } }));
  rig.say("shared", "ON");
  assert.equal(rig.entity("front_camera").image, undefined);
  assert.ok(!rig.home.subscriptions().includes("shared"));
});

test("availability follows its topics in each mode", async () => {
  const expected = {
    all: [false, false, true, false],
    any: [false, true, true, true],
    latest: [false, true, true, false],
  };
  for (const [mode, states] of Object.entries(expected)) {
    const rig = new HomeRig();
    rig.announce(frontDoorWith({ avty_mode: mode, cmps: { motion } }));
    await rig.clock.advance(100);
    const seen = [rig.entity("front_motion").available];
    rig.say("sightline/status", "online");
    seen.push(rig.entity("front_motion").available);
    rig.say("sightline/front/availability", "online");
    seen.push(rig.entity("front_motion").available);
    rig.say("sightline/front/availability", "offline");
    seen.push(rig.entity("front_motion").available);
    assert.deepEqual(seen, states, mode);
  }
});

test("availability may come out of JSON", async () => {
  const avty = [{ t: "state", val_tpl: "{{ 'online' if value_json.a.b else 'offline' }}" }];
  const rig = await HomeRig.of(frontDoorWith({ avty, cmps: { motion } }));
  rig.say("state", { a: { b: true } });
  assert.equal(rig.entity("front_motion").available, true);
  rig.say("state", "?");
  assert.equal(rig.entity("front_motion").available, true);
  assert.deepEqual(rig.home.complaints, [
    "binary_sensor.front_door_motion: the payload is not JSON: value_json is undefined",
  ]);
});

test("a message of use for two things serves the one when it fails the other", async () => {
  const avty = [{ t: "sightline/front/motion", val_tpl: "{{ value_json.here }}" }];
  const rig = await HomeRig.of(frontDoorWith({ avty, cmps: { motion } }));
  rig.say("sightline/front/motion", "ON");
  assert.equal(rig.entity("front_motion").state, "on");
  assert.equal(rig.home.complaints.length, 1);
});

test("the user's deletion of an entity wipes the device's message", async () => {
  const rig = await HomeRig.of();
  const command = rig.home.deleteEntity("front_motion");
  assert.deepEqual(command, { topic: frontDoorTopic, payload: "", qos: 0, retain: true });
  assert.ok(!rig.home.entities().has("front_motion"));
  rig.announce(frontDoor);
  await rig.clock.advance(100);
  assert.ok(rig.home.entities().has("front_motion"), "announced again, it is back");
});

test("what the broker kept counts once, and again after a new connection", async () => {
  const rig = await HomeRig.of();
  rig.say("sightline/front/last", "picture", true);
  rig.say("sightline/front/last", "picture", true);
  assert.equal(rig.entity("front_last").updates, 1);
  rig.home.reconnect();
  rig.say("sightline/front/last", "picture", true);
  assert.equal(rig.entity("front_last").updates, 2);
});

test("no bytes on any topic make it throw, and stopping leaves no timer", async () => {
  const rig = await HomeRig.of();
  const topics = [frontDoorTopic, ...rig.home.subscriptions()];
  const bytes = anyInput([Buffer.from(JSON.stringify(frontDoor)), Buffer.from("ON")]);
  fc.assert(
    fc.property(fc.constantFrom(...topics), bytes, fc.boolean(), (topic, payload, retain) => {
      rig.home.receive(topic, payload, retain);
    }),
  );
  rig.home.stop();
  assert.equal(rig.clock.pending, 0);
});
