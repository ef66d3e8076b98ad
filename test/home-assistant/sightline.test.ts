import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { complaints } from "../support/home-assistant-log.ts";
import { needingHomeAssistant } from "../support/home-assistant-process.ts";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { readRetained } from "../support/read-retained.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { HomeRig } from "./home-rig.ts";

const frontDoor = { id: "front-door", name: "Front door", source: "test-pattern", width: 640, height: 360, fps: 5 };
const backDoor = { ...frontDoor, id: "back-door", name: "Back door" };
/** The broker was killed, and Home Assistant says so. */
const aboutBroker = /mqtt\.client\] (Error returned from|Failed to connect to) MQTT server/;
const stream = "/cameras/front-door/stream";

describe(
  "Sightline in Home Assistant",
  {
    skip: needingHomeAssistant().skip || needing("mosquitto").skip,
    timeout: 600_000,
  },
  () => {
    let rig: HomeRig;
    before(async () => {
      rig = await HomeRig.start();
      await rig.startSightline([frontDoor]);
    });
    after(async () => {
      await rig?.stop();
    });

    it("adds itself: devices, entities, states and a picture", async () => {
      await rig.untilState("camera.front_door", "idle");
      await rig.untilRight(30_000);
      const picture = await rig.untilPicture("camera.front_door", "a picture");
      assert.deepEqual([picture.width, picture.height], [640, 360]);
      const { snapshot_url } = (await rig.home.state("camera.front_door"))?.attributes ?? {};
      // a machine without a network has no address to tell
      if (typeof snapshot_url === "string") assert.equal((await fetch(snapshot_url)).status, 200);
    });

    it("shows what a viewer sees, and what the controls do to it", async () => {
      const viewer = await watchMjpeg(rig.sightline.port, stream);
      try {
        await viewer.next();
        await rig.untilState("binary_sensor.front_door_running", "on");
        const first = await rig.untilPicture("camera.front_door", "a picture");
        const isOther = ({ bytes }: { bytes: Buffer }) => !bytes.equals(first.bytes);
        const second = await rig.untilPicture("camera.front_door", "the next picture", isOther);
        await rig.act("number.set_value", "number.front_door_brightness", { value: 60 });
        await rig.untilState("number.front_door_brightness", "60");
        assert.equal((await control("brightness")).value, 60);
        const isLighter = ({ lightness }: { lightness: number }) => lightness > second.lightness + 40;
        await rig.untilPicture("camera.front_door", "a lighter picture", isLighter);
        await rig.untilState("sensor.front_door_viewers", "1");
        const isCounted = async () => Number((await rig.home.state("sensor.front_door_fps"))?.state) > 3;
        await until(isCounted, "a frame rate", 20_000);
        await rig.untilRight(30_000);
      } finally {
        viewer.close();
      }
    });

    it("sets every kind of control, and hears what others set", async () => {
      await rig.act("select.select_option", "select.front_door_palette", { option: "Grey" });
      await rig.untilState("select.front_door_palette", "Grey");
      assert.equal((await control("palette")).value, 1);
      await rig.act("switch.turn_on", "switch.front_door_auto_brightness");
      await rig.untilState("number.front_door_brightness", "unavailable");
      assert.equal((await control("auto_brightness")).value, true);
      await rig.act("switch.turn_off", "switch.front_door_auto_brightness");
      await rig.untilState("number.front_door_brightness", "60");
      await rig.api("/api/cameras/front-door/controls", { contrast: 150, moving_bar: false });
      await rig.untilState("number.front_door_contrast", "150");
      await rig.untilState("switch.front_door_moving_bar", "off");
      const drawn = Number((await control("frames_drawn")).value);
      await rig.act("button.press", "button.front_door_reset_counter");
      await until(async () => Number((await control("frames_drawn")).value) < drawn, "the counter to be reset");
      await rig.act("button.press", "button.front_door_reset_controls");
      await rig.untilState("number.front_door_brightness", "0");
      await rig.untilRight(30_000);
    });

    it("switches the camera off and on, and restarts it while somebody watches", async () => {
      await rig.act("switch.turn_off", "switch.front_door_enabled");
      await rig.untilState("camera.front_door", "unavailable");
      await rig.untilRight(30_000);
      assert.equal((await rig.camera("front-door")).state, "off");
      assert.equal((await fetch(`${rig.sightline.origin}/cameras/front-door/snapshot.jpg`)).status, 503);
      await until(async () => (await rig.picture("camera.front_door")) === undefined, "the last picture to be gone");
      await rig.act("switch.turn_on", "switch.front_door_enabled");
      await rig.untilState("camera.front_door", "idle");
      await rig.untilPicture("camera.front_door", "a picture");
      const viewer = await watchMjpeg(rig.sightline.port, stream);
      try {
        await viewer.next();
        const { since } = await rig.camera("front-door");
        await rig.act("button.press", "button.front_door_restart");
        const isNew = async () => {
          const camera = await rig.camera("front-door");
          return camera.state === "live" && camera.since !== since;
        };
        await until(isNew, "the camera to run again");
        await viewer.next();
        await rig.untilRight(30_000);
      } finally {
        viewer.close();
      }
    });

    it("takes a snapshot", async () => {
      await rig.untilState("image.front_door_snapshot", "unknown");
      await rig.act("button.press", "button.front_door_take_snapshot");
      const isTaken = async () => Date.parse((await rig.home.state("image.front_door_snapshot"))?.state ?? "") > 0;
      await until(isTaken, "the snapshot");
      const picture = await rig.untilPicture("image.front_door_snapshot", "its picture");
      assert.deepEqual([picture.width, picture.height], [640, 360]);
    });

    it("is right again after a restart of Home Assistant", async () => {
      await rig.enableAll();
      await rig.home.restart();
      await rig.untilRight(40_000);
      await rig.untilPicture("camera.front_door", "a picture");
      await rig.untilPicture("image.front_door_snapshot", "the snapshot");
    });

    it("is unavailable once Sightline was killed, and the same as before once it is back", async () => {
      const before = await rig.registries();
      await rig.sightline.stop("SIGKILL");
      await rig.untilState("binary_sensor.sightline_connection", "off");
      const ours = new Set(before.entities.map(({ entity_id }) => entity_id));
      const available = async () =>
        (await rig.home.states()).filter(({ entity_id, state }) => ours.has(entity_id) && state !== "unavailable");
      await until(async () => (await available()).length === 1, "all others to be unavailable");
      await rig.startSightline([frontDoor]);
      await rig.untilRight(30_000);
      assert.deepEqual(ids(await rig.registries()), ids(before));
    });

    it("is right again after the broker was killed and has forgotten everything", async () => {
      const topics = async () => [...(await readRetained(rig.broker.url)).keys()].sort().join();
      const before = await topics();
      await rig.broker.end("SIGKILL");
      await rig.broker.start();
      await until(async () => (await topics()) === before, "all to be told to the broker", 10_000);
      await rig.untilRight(40_000); // Home Assistant takes its time to connect
      await rig.act("number.set_value", "number.front_door_brightness", { value: -20 });
      await until(async () => (await control("brightness")).value === -20, "the brightness");
      await rig.untilRight(30_000);
      await rig.untilPicture("camera.front_door", "a picture");
    });

    it("follows the configuration: cameras, names and movement come and go", async () => {
      await rig.sightline.stop();
      await rig.startSightline([{ ...frontDoor, name: "Main door", motion: { enabled: true } }, backDoor]);
      await rig.untilRight(40_000);
      await rig.untilState("binary_sensor.front_door_motion", "unknown");
      await rig.untilPicture("camera.back_door", "a picture");
      await rig.sightline.stop();
      await rig.startSightline([frontDoor, { ...backDoor, id: "garden-door" }]);
      await rig.untilRight(40_000);
      assert.equal(await rig.home.state("camera.back_door"), undefined);
    });

    it("gives Home Assistant no reason to complain", () => {
      const others = complaints(rig.home.log()).filter((complaint) => !aboutBroker.test(complaint));
      assert.deepEqual(others, []);
    });

    async function control(name: string) {
      const found = (await rig.camera("front-door")).controls.find((candidate) => candidate.name === name);
      assert.ok(found);
      return found;
    }
  },
);

function ids({ devices, entities }: Awaited<ReturnType<HomeRig["registries"]>>): readonly string[] {
  return [...devices, ...entities].map(({ id }) => id).sort();
}
