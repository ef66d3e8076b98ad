import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ConfigError, DeviceError } from "../../../../src/core/errors.ts";
import type { FakeControl } from "./controls-fake.ts";
import { rig, webcam } from "./controls-rig.ts";

async function problems(attempt: Promise<unknown>): Promise<[string, unknown, string][]> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(({ key, value, allowed }) => [key, value, allowed]);
  }
  return assert.fail("worked");
}

suite("setting controls", () => {
  test("answers with what the driver says afterwards", async () => {
    const { camera, controls } = rig();
    const after = await controls.set({ brightness: 140, white_balance_automatic: "off" });
    assert.equal(after.find(({ name }) => name === "brightness")?.value, 140);
    assert.equal(after.find(({ name }) => name === "white_balance_automatic")?.value, false);
    assert.equal(camera.open.size, 0, "descriptors left open");
    assert.deepEqual(camera.opened, ["/dev/video7"]);
  });

  test("modes go before what they switch on, whatever the order asked for", async () => {
    const { camera, controls } = rig();
    await controls.set({ exposure_time_absolute: 300, brightness: 1, auto_exposure: "Manual Mode" });
    assert.deepEqual(camera.writes, [
      ["Auto Exposure", 1n],
      ["Brightness", 1n],
      ["Exposure Time, Absolute", 300n],
    ]);
  });

  test("a control that its mode does not mark as inactive is tried again when the rest is set", async () => {
    const fakes = webcam().map((control) =>
      control.id === 0x9a0901 ? { ...control, label: "Exposure Mode" } : control,
    );
    const { camera, controls } = rig({}, fakes);
    // Not active to begin with, so it goes last anyway; made active it would go first, be refused, and be tried again.
    camera.controls.set(0x980913, { id: 0x980913, label: "Gain", step: 5n, offWhile: { id: 0x9a0901, value: 3n } });
    camera.driver = ((plain) => () => {
      const driver = plain();
      return {
        ...driver,
        queryExtended: async (id) => {
          const query = await driver.queryExtended(id);
          return { ...query, flags: query.flags & ~0x10 };
        },
      };
    })(camera.driver.bind(camera));
    await controls.set({ gain: 20, exposure_mode: 1 });
    assert.deepEqual(camera.writes, [
      ["Exposure Mode", 1n],
      ["Gain", 20n],
    ]);
  });

  test("every mistake is told at once and nothing is set", async () => {
    const { camera, controls } = rig();
    const found = await problems(
      controls.set({
        brightness: 300,
        gain: 7,
        auto_exposure: 2,
        privacy: true,
        focus: 1,
        brightnes: 1,
        pan_reset: 0,
        white_balance_automatic: true,
      }),
    );
    const names = "brightness, white_balance_automatic, gain, exposure_time_absolute, auto_exposure, pan_reset";
    assert.deepEqual(found, [
      ["controls.brightness", 300, "must be a whole number from 0 to 255"],
      ["controls.gain", 7, "must be a whole number from 0 to 255 in steps of 5; 5 and 10 are the nearest"],
      ["controls.auto_exposure", 2, "must be one of 1 (Manual Mode), 3 (Aperture Priority Mode)"],
      ["controls.privacy", true, "is read-only and cannot be set"],
      ["controls.focus", 1, `is no control of this camera, which has ${names}`],
      ["controls.brightnes", 1, "is no control of this camera; did you mean brightness?"],
      ["controls.pan_reset", 0, "must be true (it is a button: true presses it)"],
    ]);
    assert.deepEqual(camera.writes, []);
  });

  test("a value that only the driver knows to be wrong is found before anything is set", async () => {
    const fakes: FakeControl[] = [...webcam(), { id: 0x9a0930, label: "Odd", refuseTry: "ERANGE" }];
    const { camera, controls } = rig({}, fakes);
    const found = await problems(controls.set({ brightness: 1, odd: 3 }));
    assert.deepEqual(found, [["controls.odd", 3, "is not a value that the driver takes"]]);
    assert.deepEqual(camera.writes, []);
  });

  test("what a mode decides is refused, and what was set before it is put back", async () => {
    const { camera, controls } = rig();
    const found = await problems(controls.set({ brightness: 1, exposure_time_absolute: 300 }));
    const allowed = "cannot be set while an automatic mode decides it: switch that mode off as well";
    assert.deepEqual(found, [["controls.exposure_time_absolute", 300, allowed]]);
    assert.equal(camera.value("Brightness"), 100n);
    await controls.apply(5);
    assert.equal(camera.value("Brightness"), 100n, "remembered although refused");
  });

  test("a camera that fails to obey is a DeviceError", async () => {
    const { camera, controls } = rig({}, [...webcam(), { id: 0x9a0930, label: "Zoom", refuse: "EIO" }]);
    await assert.rejects(controls.set({ brightness: 1, zoom: 3 }), (error) => {
      assert.ok(error instanceof DeviceError);
      assert.equal(error.message, "/dev/video7: zoom was refused by the camera (EIO)");
      return true;
    });
    assert.equal(camera.value("Brightness"), 100n);
  });

  test("old drivers are set by the plain ioctls", async () => {
    const { camera, controls } = rig({}, webcam(), { extended: false });
    await controls.set({ brightness: 7, auto_exposure: 1, exposure_time_absolute: 9 });
    assert.deepEqual([camera.value("Brightness"), camera.value("Exposure Time, Absolute")], [7n, 9n]);
  });

  test("a value that the camera changes is warned of", async () => {
    const { controls, warnings } = rig({}, [{ id: 0x980900, label: "Zoom", keep: () => 50n }]);
    await controls.set({ zoom: 60 });
    assert.deepEqual(warnings, ["control zoom: 60 was taken, but the camera is at 50"]);
  });

  test("calls run one after the other", async () => {
    const { camera, controls } = rig();
    await Promise.all([
      controls.set({ brightness: 1 }),
      controls.set({ brightness: 2 }),
      controls.set({ brightness: 3 }),
    ]);
    assert.deepEqual(camera.writes, [
      ["Brightness", 1n],
      ["Brightness", 2n],
      ["Brightness", 3n],
    ]);
  });

  test("a failure does not stop the calls after it, and every descriptor is closed", async () => {
    const { camera, controls } = rig();
    camera.failing = "ENODEV";
    const first = controls.list();
    await assert.rejects(first, (error) => error instanceof DeviceError && error.code === "gone");
    camera.failing = undefined;
    camera.openFails = "EACCES";
    await assert.rejects(controls.list(), (error) => error instanceof DeviceError && error.code === "permission");
    camera.openFails = undefined;
    assert.equal((await controls.list()).length, 7);
    assert.equal(camera.open.size, 0);
  });
});

suite("controls over re-opens", () => {
  test("the config's values are set on each open, with those set since", async () => {
    const { camera, controls, warnings } = rig({ brightness: 140, white_balance_automatic: false });
    await controls.apply(5);
    assert.equal(camera.value("Brightness"), 140n);
    assert.equal(camera.value("White Balance, Automatic"), 0n);
    await controls.set({ brightness: 150, gain: 20 });
    controls.detach();
    camera.controls.get(0x980900)!.value = 128n; // replugged
    camera.controls.get(0x980913)!.value = 10n;
    camera.writes.length = 0;
    await controls.apply(6);
    assert.deepEqual(
      [camera.value("Brightness"), camera.value("Gain"), camera.value("White Balance, Automatic")],
      [150n, 20n, 0n],
    );
    assert.deepEqual(warnings, []);
  });

  test("uses one duplicate of the capture's descriptor until it is detached", async () => {
    const { camera, controls } = rig();
    await controls.apply(5);
    await controls.list();
    assert.equal(camera.open.size, 1);
    controls.detach();
    assert.equal(camera.open.size, 0);
    await controls.list();
    assert.deepEqual(camera.opened, ["duplicate of 5", "/dev/video7"]);
    assert.equal(camera.open.size, 0);
  });

  test("what is under way when the camera is closed ends on the descriptor it began on", async () => {
    const { camera, controls } = rig();
    await controls.apply(5);
    const listing = controls.list();
    await Promise.resolve();
    await Promise.resolve();
    controls.detach();
    assert.equal(camera.open.size, 1);
    assert.equal((await listing).length, 7);
    assert.equal(camera.open.size, 0);
    assert.deepEqual(camera.opened, ["duplicate of 5"]);
  });

  test("opening anew without a detach leaves no descriptor behind", async () => {
    const { camera, controls } = rig();
    await controls.apply(5);
    await controls.apply(6);
    controls.detach();
    controls.detach();
    assert.equal(camera.open.size, 0);
  });

  test("what the camera lacks or refuses is warned of once, and the rest is set", async () => {
    const { camera, controls, warnings } = rig({ focus: 3, gain: 7, exposure_time_absolute: 9, brightness: 1 });
    await controls.apply(5);
    controls.detach();
    await controls.apply(6);
    assert.equal(camera.value("Brightness"), 1n);
    assert.equal(warnings.length, 3);
    assert.match(warnings[0] ?? "", /^control focus: 3 is no control of this camera/);
    assert.match(warnings[1] ?? "", /^control gain: 7 must be a whole number from 0 to 255 in steps of 5/);
    assert.match(warnings[2] ?? "", /^control exposure_time_absolute: 9 cannot be set while an automatic mode/);
  });

  test("apply never rejects", async () => {
    const { camera, controls, warnings } = rig({ brightness: 1 });
    camera.failing = "ENODEV";
    await controls.apply(5);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^controls not set: /);
  });

  test("a button of the config is pressed on each open, one pressed at run time only once", async () => {
    const pressing = rig({ pan_reset: true });
    await pressing.controls.apply(5);
    await pressing.controls.apply(6);
    assert.deepEqual(pressing.camera.writes, [
      ["Pan Reset", 1n],
      ["Pan Reset", 1n],
    ]);
    const once = rig();
    await once.controls.set({ pan_reset: true });
    await once.controls.apply(5);
    assert.deepEqual(once.camera.writes, [["Pan Reset", 1n]]);
  });

  test("a mode switched on later makes us forget what it took over", async () => {
    const { camera, controls, warnings } = rig({ auto_exposure: 1, exposure_time_absolute: 9 });
    await controls.apply(5);
    assert.equal(camera.value("Exposure Time, Absolute"), 9n);
    await controls.set({ auto_exposure: 3 });
    await controls.apply(6);
    assert.deepEqual(warnings, []);
    assert.equal(camera.value("Auto Exposure"), 3n);
  });

  test("what the config sets is not forgotten because its mode was not set yet", async () => {
    const { camera, controls, warnings } = rig({ auto_exposure: 1, exposure_time_absolute: 9 });
    await controls.set({ brightness: 1 });
    await controls.apply(5);
    assert.equal(camera.value("Exposure Time, Absolute"), 9n);
    assert.deepEqual(warnings, []);
  });

  test("defaults: values before modes, then the config's; what was set since is forgotten", async () => {
    const { camera, controls } = rig({ gain: 25 });
    await controls.apply(5);
    await controls.set({ auto_exposure: 1, exposure_time_absolute: 9, white_balance_automatic: false, brightness: 1 });
    camera.writes.length = 0;
    const after = await controls.toDefaults();
    assert.deepEqual(camera.writes, [
      ["Brightness", 128n],
      ["Gain", 10n],
      ["Exposure Time, Absolute", 156n],
      ["White Balance, Automatic", 1n],
      ["Auto Exposure", 3n],
      ["Gain", 25n],
    ]);
    assert.equal(after.find(({ name }) => name === "gain")?.value, 25);
    camera.writes.length = 0;
    await controls.apply(6);
    assert.deepEqual(camera.writes, [["Gain", 25n]]);
  });

  test("check tells what is wrong with the config's values without setting any", async () => {
    const { camera, controls } = rig({ brightness: 999, gain: 10, zoom: 1 });
    const found = await controls.check();
    assert.deepEqual(
      found.map(({ key }) => key),
      ["controls.brightness", "controls.zoom"],
    );
    assert.deepEqual(camera.writes, []);
    assert.deepEqual(await rig({ gain: 10 }).controls.check(), []);
  });
});
