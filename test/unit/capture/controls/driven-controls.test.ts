import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createV4l2Controls, type V4l2Controls } from "../../../../src/capture/v4l2/controls.ts";
import { silentLog, type Log } from "../../../../src/core/log.ts";
import type { CameraControl, ControlValue } from "../../../../src/hub/camera-controls.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";
import { settle } from "../../../support/fake-clock.ts";
import { FakeCamera, type FakeControl } from "../v4l2/controls-fake.ts";
import { rig, webcam } from "../v4l2/controls-rig.ts";

suite("controls over restarts", () => {
  /** One after the other: each is a Sightline of its own with the same data and, as told, camera and config. */
  function machine() {
    const store = memoryStore();
    const camera = new FakeCamera(webcam());
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
    const boot = (initial: Record<string, ControlValue> = {}): V4l2Controls => {
      camera.writes.length = 0;
      return createV4l2Controls({ device: "/dev/video7", initial, store, log, system: camera.system() });
    };
    return { camera, store, warnings, boot };
  }

  test("what was set at run time is set again, after the config's values and in the right order", async () => {
    const { camera, boot } = machine();
    const first = boot({ brightness: 120, gain: 5 });
    await first.set({ exposure_time_absolute: 300, auto_exposure: "Manual Mode", brightness: 140, pan_reset: true });
    await boot({ brightness: 120, gain: 5 }).apply(5);
    assert.deepEqual(camera.writes, [
      ["Auto Exposure", 1n],
      ["Brightness", 140n],
      ["Gain", 5n],
      ["Exposure Time, Absolute", 300n],
    ]);
  });

  test("a config that was changed since wins, and what was remembered is forgotten", async () => {
    const { camera, boot } = machine();
    await boot({ brightness: 120 }).set({ brightness: 140, gain: 20 });
    await boot({ brightness: 130 }).apply(5);
    assert.deepEqual(camera.writes, [
      ["Brightness", 130n],
      ["Gain", 20n],
    ]);
    await boot({ brightness: 120 }).apply(5);
    assert.deepEqual([camera.value("Brightness"), camera.value("Gain")], [120n, 20n]);
  });

  test("another camera at the same node does not get it; the first one does when it is back", async () => {
    const { camera, boot } = machine();
    const controls = boot({ gain: 5 });
    await controls.apply(5);
    await controls.set({ brightness: 140 });
    controls.detach();
    camera.identity = "usb-Fake_Camera_2";
    camera.controls.get(0x980900)!.value = 128n;
    await controls.apply(6);
    assert.equal(camera.value("Brightness"), 128n);
    await controls.set({ brightness: 99 });
    controls.detach();
    camera.identity = "usb-Fake_Camera_1";
    await controls.apply(7);
    assert.equal(camera.value("Brightness"), 140n);
  });

  test("defaults forget the camera's values, and only that camera's", async () => {
    const { camera, store, boot } = machine();
    const controls = boot({ gain: 5 });
    await controls.set({ brightness: 140 });
    camera.identity = "usb-Fake_Camera_2";
    await controls.set({ brightness: 99 });
    await controls.toDefaults();
    assert.deepEqual(store.get("controls"), { "usb-Fake_Camera_1": { brightness: { value: 140, over: null } } });
    await boot({ gain: 5 }).apply(5);
    assert.deepEqual(camera.writes, [["Gain", 5n]]);
  });

  test("a mode that took a value of the config over still has it after a restart", async () => {
    const { camera, warnings, boot } = machine();
    const config = { auto_exposure: 1, exposure_time_absolute: 9 };
    const controls = boot(config);
    await controls.apply(5);
    await controls.set({ auto_exposure: 3 });
    await boot(config).apply(5);
    assert.deepEqual(camera.writes, [["Auto Exposure", 3n]]);
    assert.deepEqual(warnings, []);
  });

  test("what the camera cannot take any more is warned of with where it comes from", async () => {
    const { store, warnings, boot } = machine();
    const kept = { brightness: { value: 999, over: null }, zoom: { value: 1, over: null }, gain: [] };
    store.set("controls", { "usb-Fake_Camera_1": kept });
    await boot().apply(5);
    assert.deepEqual(warnings.slice(0, 2), [
      "control gain: what is remembered of it is of no use: []",
      "control brightness: 999 must be a whole number from 0 to 255 (remembered from when it was set)",
    ]);
    assert.match(
      warnings[2] ?? "",
      /^control zoom: 1 is no control of this camera.*\(remembered from when it was set\)$/,
    );
  });
});

suite("listeners of controls", () => {
  function listen(controls: V4l2Controls): { told: (readonly CameraControl[])[]; end: () => void } {
    const told: (readonly CameraControl[])[] = [];
    return { told, end: controls.onChange((all) => void told.push(all)) };
  }
  const valueOf = (controls: readonly CameraControl[] | undefined, name: string): unknown =>
    controls?.find((control) => control.name === name)?.value;

  test("are told of what this port changes, of an open, and of nothing twice", async () => {
    const { controls } = rig({ gain: 15 });
    const { told, end } = listen(controls);
    await controls.set({ brightness: 140 });
    assert.equal(valueOf(told[0], "brightness"), 140);
    assert.equal(told[0]?.length, 7);
    await controls.set({ brightness: 140 });
    await controls.list();
    assert.equal(told.length, 1);
    await controls.apply(5);
    await settle();
    assert.deepEqual([told.length, valueOf(told[1], "gain")], [2, 15]);
    await controls.toDefaults();
    assert.deepEqual([told.length, valueOf(told[2], "brightness")], [3, 128]);
    end();
    await controls.set({ brightness: 1 });
    assert.equal(told.length, 3);
  });

  test("are told of what another program changes while the camera is open", async () => {
    const { camera, controls } = rig();
    const { told } = listen(controls);
    await controls.apply(5);
    await settle();
    assert.equal(told.length, 1);
    const watched = webcam().filter(({ label }) => label !== "Pan Reset");
    assert.deepEqual(
      camera.subscribed,
      watched.map(({ id }) => id).toSorted((a, b) => a - b),
    );
    camera.controls.get(0x9a0901)!.value = 1n;
    controls.look();
    await settle();
    const exposure = told[1]?.find(({ name }) => name === "exposure_time_absolute");
    assert.deepEqual([told.length, exposure?.inactive, valueOf(told[1], "auto_exposure")], [2, false, 1]);
    controls.look();
    await settle();
    assert.equal(told.length, 2, "nothing is different");
    assert.equal(camera.subscribed.length, watched.length, "subscribed once");
  });

  test("look once, however many events there were, and only while somebody listens and the camera is open", async () => {
    const { camera, controls } = rig();
    await controls.apply(5);
    camera.listed = 0;
    for (let event = 0; event < 10; event += 1) controls.look();
    await settle();
    assert.equal(camera.listed, 0, "nobody listens");
    const { told, end } = listen(controls);
    for (let event = 0; event < 10; event += 1) controls.look();
    await settle();
    assert.deepEqual([camera.listed, told.length], [1, 1]);
    controls.detach();
    controls.look();
    await settle();
    assert.deepEqual([camera.listed, camera.opened.length], [1, 1], "opened for it");
    end();
    await controls.apply(6);
    await settle();
    assert.equal(camera.listed, 1);
    assert.equal(camera.open.size, 1);
  });

  test("are not told of a value that the camera changes all the time", async () => {
    const temperature: FakeControl = { id: 0x9a0930, label: "Temperature", flags: 0x84, value: 20n };
    const { camera, controls } = rig({}, [...webcam(), temperature]);
    const { told } = listen(controls);
    await controls.apply(5);
    await settle();
    camera.controls.get(0x9a0930)!.value = 21n;
    controls.look();
    await settle();
    assert.equal(told.length, 1);
  });

  test("live with drivers that have no events, and with cameras that are gone", async () => {
    const { camera, controls, warnings } = rig({}, webcam(), { events: false });
    const { told } = listen(controls);
    await controls.apply(5);
    await settle();
    assert.deepEqual([told.length, camera.subscribed], [1, []]);
    camera.failing = "ENODEV";
    controls.look();
    await settle();
    camera.failing = undefined;
    camera.controls.get(0x980900)!.value = 1n;
    controls.look();
    await settle();
    assert.deepEqual([told.length, warnings], [2, []]);
  });
});
