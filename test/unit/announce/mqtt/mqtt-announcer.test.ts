import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markerTopic } from "../../../../src/announce/mqtt/retained-topics.ts";
import { settle } from "../../../support/fake-clock.ts";
import { AnnouncerRig, frontConfig, place } from "./announcer-rig.ts";
import { ClockedCamera } from "./mqtt-fakes.ts";

describe("announcing everything", () => {
  it("tells the devices first and last of all that we are there", async () => {
    const rig = await AnnouncerRig.connected();
    const topics = rig.topics();
    assert.equal(topics.filter((topic) => topic.endsWith("/config")).length, 2);
    const status = topics.indexOf("sightline/status");
    for (const topic of [frontConfig, "sightline/front/availability", "sightline/front/controls", "sightline/bridge"]) {
      assert.ok(topics.includes(topic) && topics.indexOf(topic) < status, topic);
    }
    assert.deepEqual(
      rig.link.subscribed.filter((topic) => topic.endsWith("/set")),
      ["sightline/+/+/set", "sightline/+/controls/+/set"],
    );
    assert.ok(rig.link.unsubscribed.includes("sightline/+/availability"));
    assert.ok(!rig.link.unsubscribed.includes("homeassistant/device/sightline_ab/+/config"), "still needed");
  });

  it("lets Home Assistant have everything, picture included, without a complaint", async () => {
    const rig = await AnnouncerRig.connected();
    await rig.clock.advance(30_000);
    assert.deepEqual(rig.home.complaints, []);
    const entities = rig.home.entities();
    const camera = entities.get("sightline_ab_front_camera");
    assert.ok(camera?.available);
    assert.match(camera.image?.toString() ?? "", /^picture/);
    assert.equal(entities.get("sightline_ab_front_control_brightness")?.state, 128);
    assert.equal(entities.get("sightline_ab_connection")?.state, "on");
    assert.equal(entities.get("sightline_ab_cameras")?.state, "1");
  });

  it("says good-bye", async () => {
    const rig = await AnnouncerRig.connected();
    rig.topics();
    await rig.announcer.stop();
    assert.deepEqual(rig.link.take(), [{ topic: "sightline/status", payload: "offline", qos: 1, retain: true }]);
    await rig.clock.advance(600_000);
    assert.equal(rig.clock.pending, 0);
    assert.deepEqual(rig.topics(), []);
  });

  it("stops before it was started, and twice", async () => {
    const rig = new AnnouncerRig();
    await rig.announcer.stop();
    await rig.announcer.stop();
    assert.deepEqual(rig.topics(), []);
  });

  it("leaves discovery alone where it is off, but for what an earlier run left", async () => {
    const rig = new AnnouncerRig({ discovery: false });
    await rig.announcer.start();
    await rig.connect({ [frontConfig]: "{}" });
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.link.on(frontConfig), [""]);
    assert.deepEqual(
      rig.topics().filter((topic) => topic.endsWith("/config")),
      [frontConfig],
    );
    rig.say("homeassistant/status", "online");
    await rig.clock.advance(10_000);
    const again = rig.topics();
    assert.ok(again.includes("sightline/front/state"));
    assert.ok(!again.some((topic) => topic.startsWith("homeassistant/")));
  });

  it("tells everything on each connection anew", async () => {
    const rig = await AnnouncerRig.connected();
    const before = new Set(rig.topics());
    rig.announcer.disconnected();
    await rig.clock.advance(15_000);
    assert.deepEqual(rig.topics(), []);
    await rig.connect();
    assert.deepEqual(new Set(rig.topics()), before);
  });

  it("does not go on with what it began on a connection that is gone", async () => {
    const rig = new AnnouncerRig();
    await rig.announcer.start();
    rig.link.onPublish = () => {};
    const first = rig.announcer.connected();
    await settle();
    rig.announcer.disconnected();
    await first;
    await settle();
    assert.deepEqual(rig.topics(), [markerTopic(place.base)]);
  });

  it("does not wait longer than 3 s for a camera that does not say what controls it has", async () => {
    const rig = new AnnouncerRig();
    let answer = (): void => {};
    rig.controls.list = () => new Promise((resolve) => (answer = () => resolve(rig.controls.controls)));
    await rig.announcer.start();
    const connecting = rig.announcer.connected();
    await rig.clock.advance(2_900);
    assert.ok(!rig.topics().includes(frontConfig));
    await rig.clock.advance(200);
    await connecting;
    assert.equal(rig.link.on(frontConfig).length, 1);
    assert.ok(!rig.link.on(frontConfig)[0]?.includes("control_brightness"));
    answer();
    await rig.clock.advance(10_100);
    assert.ok(rig.link.on(frontConfig)[1]?.includes("control_brightness"));
  });
});

describe("birth of Home Assistant", () => {
  it("is answered 1 to 5 s later with everything, the devices not within 10 s of the last time", async () => {
    const rig = await AnnouncerRig.connected();
    await rig.clock.advance(2_000);
    rig.topics();
    rig.say("homeassistant/status", "online");
    await rig.clock.advance(2_900);
    assert.deepEqual(
      rig.topics().filter((topic) => !topic.endsWith("/image")),
      [],
    );
    await rig.clock.advance(200);
    const answered = rig.topics();
    for (const topic of ["status", "bridge", "front/availability", "front/state", "front/controls", "front/image"]) {
      assert.ok(answered.includes(`sightline/${topic}`), topic);
    }
    assert.ok(!answered.includes(frontConfig));
    await rig.clock.advance(5_000);
    assert.ok(rig.topics().includes(frontConfig));
  });

  it("is also heard at the discovery prefix, once for two at a time", async () => {
    const rig = await AnnouncerRig.connected({ discoveryPrefix: "ha" });
    await rig.clock.advance(20_000);
    rig.topics();
    rig.say("ha/status", "online");
    rig.say("homeassistant/status", "online");
    rig.say("homeassistant/status", "offline");
    await rig.clock.advance(9_000);
    assert.equal(rig.topics().filter((topic) => topic === "ha/device/sightline_ab/front/config").length, 1);
  });

  it("is no birth when the broker kept it", async () => {
    const rig = await AnnouncerRig.connected();
    await rig.clock.advance(20_000);
    rig.topics();
    rig.say("homeassistant/status", "online", true);
    await rig.clock.advance(9_000);
    assert.deepEqual(rig.log.with("started"), []);
  });
});

describe("commands", () => {
  const enabledSet = "sightline/front/enabled/set";

  it("are done", async () => {
    const rig = await AnnouncerRig.connected();
    rig.say(enabledSet, "OFF");
    rig.say("sightline/front/controls/brightness/set", "7");
    await settle();
    assert.deepEqual(rig.ports.switches.calls, ["front off by MQTT"]);
    assert.deepEqual(rig.controls.sets, [{ brightness: 7 }]);
    assert.equal(rig.link.on("sightline/front/enabled").at(-1), "OFF");
  });

  it("are refused with a logged reason when they are kept, wrong, or for nobody", async () => {
    const rig = new AnnouncerRig();
    await rig.announcer.start();
    await rig.connect({ [enabledSet]: "OFF" });
    rig.say(enabledSet, "OFF", true);
    rig.say(enabledSet, "off");
    rig.say("sightline/back/enabled/set", "OFF");
    await settle();
    const kept = `warn: MQTT command refused: ${enabledSet}: commands that the broker keeps (retain) are ignored`;
    assert.deepEqual(rig.log.with("refused"), [
      kept,
      kept,
      `warn: MQTT command refused: ${enabledSet}: "off" must be ON or OFF`,
      'warn: MQTT command refused: sightline/back/enabled/set: there is no camera "back"',
    ]);
    assert.deepEqual(rig.ports.switches.calls, []);
  });
});

describe("cameras that come and go", () => {
  it("are announced when they come and taken away when they go", async () => {
    const rig = await AnnouncerRig.connected();
    rig.topics();
    const back = new ClockedCamera("back", rig.clock);
    rig.ports.registry.add(back);
    await settle();
    const backConfig = "homeassistant/device/sightline_ab/back/config";
    assert.ok(rig.topics().includes(backConfig));
    rig.ports.registry.remove("back");
    await settle();
    assert.deepEqual(rig.link.on(backConfig), [""]);
    assert.match(rig.link.on("sightline/bridge").at(-1) ?? "", /"cameras":1/);
    await rig.clock.advance(60_000);
    assert.equal(rig.link.on("sightline/back/state").at(-1), "");
  });

  it("stay, unavailable, where they may be plugged in again", async () => {
    const rig = await AnnouncerRig.connected({}, { keepsAbsent: true });
    rig.topics();
    rig.ports.registry.remove("front");
    assert.deepEqual(rig.link.on("sightline/front/availability"), ["offline"]);
    assert.ok(!rig.topics().includes(frontConfig));
  });

  it("lose what an earlier run announced of them and is no more", async () => {
    const rig = new AnnouncerRig();
    await rig.announcer.start();
    const old = { platform: "sensor", unique_id: "sightline_ab_front_old", state_topic: "x" };
    await rig.connect({ [frontConfig]: JSON.stringify({ components: { old } }) });
    assert.match(rig.link.on(frontConfig)[0] ?? "", /"old":\{"platform":"sensor"\}/);
    await rig.clock.advance(10_100);
    assert.doesNotMatch(rig.link.on(frontConfig)[1] ?? "", /"old"/);
  });

  it("are said to be deleted when somebody empties their topic", async () => {
    const rig = await AnnouncerRig.connected();
    rig.say(frontConfig, "");
    assert.equal(rig.log.with("the device was deleted from the MQTT broker").length, 1);
  });
});
