import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestPattern } from "../../../../src/capture/test-pattern/test-pattern.ts";
import { createTestPatternCamera } from "../../../../src/capture/test-pattern/test-pattern-camera.ts";
import { ConfigError } from "../../../../src/core/errors.ts";
import { silentLog, type Log } from "../../../../src/core/log.ts";
import type { CameraControl, ControlValue } from "../../../../src/hub/camera-controls.ts";
import type { Frame } from "../../../../src/media/frame.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";
import type { StateStore } from "../../../../src/store/state-file.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const [width, height] = [64, 48];

function rig(controls: Record<string, ControlValue> = {}, store: StateStore = memoryStore(), id = "door") {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
  const camera = createTestPatternCamera({ id, width, height, fps: 10, controls, store, clock, log });
  const frames: Frame[] = [];
  const stop = new AbortController();
  const sink = { format: () => {}, frame: (frame: Frame) => void frames.push(frame), drop: assert.fail };
  const run = async (): Promise<void> => {
    void camera.source.run(sink, stop.signal);
    await settle();
  };
  /** Colours of the next picture: the first bar (light grey), the sixth (red), and the strip's middle. */
  const colours = async (): Promise<number[]> => {
    await clock.advance(100);
    const bytes = frames.at(-1)?.bytes ?? Buffer.alloc(0);
    const at = (x: number, y: number): number => bytes.readUIntBE((y * width + x) * 3, 3);
    return [at(0, 0), at(50, 0)];
  };
  return { ...camera, clock, warnings, frames, run, colours, stop };
}

const named = (controls: readonly CameraControl[], name: string): CameraControl => {
  const found = controls.find((control) => control.name === name);
  assert.ok(found, name);
  return found;
};

describe("the test pattern's controls", () => {
  it("are listed as a webcam's are", async () => {
    const list = await rig().controls.list();
    const facts = list.map(({ name, type, minimum, maximum, step, default: preset, value, readOnly, volatile }) =>
      [name, type, minimum, maximum, step, preset, value, readOnly, volatile].filter((fact) => fact !== undefined),
    );
    assert.deepEqual(facts, [
      ["brightness", "integer", -100, 100, 1, 0, 0, false],
      ["contrast", "integer", 0, 200, 5, 100, 100, false],
      ["auto_brightness", "boolean", false, false, false],
      ["palette", "menu", 0, 2, 0, 0, false],
      ["moving_bar", "boolean", true, true, false],
      ["frames_drawn", "integer", 0, 2_147_483_647, 1, 0, 0, true, true],
      ["reset_counter", "button", false],
    ]);
    assert.deepEqual(named(list, "palette").menu, [
      { value: 0, label: "Colour" },
      { value: 1, label: "Grey" },
      { value: 2, label: "Negative" },
    ]);
  });

  it("change the picture while it runs", async () => {
    const { controls, run, colours, stop } = rig();
    await run();
    assert.deepEqual(await colours(), [0xc0c0c0, 0xc00000]);
    await controls.set({ palette: "Negative" });
    assert.deepEqual(await colours(), [0x3f3f3f, 0x3fffff]);
    await controls.set({ palette: "grey", contrast: 50 });
    assert.deepEqual(await colours(), [0xa0a0a0, 0x5d5d5d]);
    await controls.set({ palette: 0, contrast: 100, brightness: 100 });
    assert.deepEqual(await colours(), [0xffffff, 0xffffff]);
    await controls.set({ auto_brightness: true });
    assert.deepEqual(await colours(), [0xc0c0c0, 0xc00000]);
    stop.abort();
  });

  it("can hold the bar still, and count pictures", async () => {
    const { controls, clock, frames, run, stop } = rig({ moving_bar: false });
    await run();
    await clock.advance(0);
    await clock.advance(450);
    const strip = createTestPattern(width, height).layout.strip;
    const strips = frames.map(({ bytes }) => bytes.subarray(strip.y * width * 3).toString("hex"));
    assert.equal(frames.length, 5);
    assert.equal(new Set(strips).size, 1);
    assert.equal(named(await controls.list(), "frames_drawn").value, 5);
    assert.equal(named(await controls.set({ reset_counter: true }), "frames_drawn").value, 0);
    stop.abort();
  });

  it("are refused with the words of every camera, and nothing is set", async () => {
    const { controls } = rig();
    const wrong = { brightness: 101, contrast: 7, palette: "Pink", frames_drawn: 3, reset_counter: 0, brigthness: 1 };
    await assert.rejects(controls.set({ ...wrong, moving_bar: false }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map(({ key, allowed }) => [key, allowed]),
        [
          ["controls.brightness", "must be a whole number from -100 to 100"],
          ["controls.contrast", "must be a whole number from 0 to 200 in steps of 5; 5 and 10 are the nearest"],
          ["controls.palette", "must be one of 0 (Colour), 1 (Grey), 2 (Negative)"],
          ["controls.frames_drawn", "is read-only and cannot be set"],
          ["controls.reset_counter", "must be true (it is a button: true presses it)"],
          ["controls.brigthness", "is no control of this camera; did you mean brightness?"],
        ],
      );
      return true;
    });
    assert.equal(named(await controls.list(), "moving_bar").value, true);
  });

  it("have one that an automatic mode decides", async () => {
    const { controls } = rig();
    const list = await controls.set({ auto_brightness: true });
    assert.equal(named(list, "brightness").inactive, true);
    await assert.rejects(controls.set({ brightness: 5 }), /cannot be set while an automatic mode decides it/);
    const both = await controls.set({ brightness: 5, auto_brightness: false });
    assert.deepEqual([named(both, "brightness").value, named(both, "brightness").inactive], [5, false]);
  });

  it("are taken from the config, whoever asks first; what is wrong there is a warning", async () => {
    const { controls, warnings, run, colours, stop } = rig({ palette: "Negative", contrast: 3, zoom: 1 });
    assert.equal(named(await controls.list(), "palette").value, 2);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? "", /^control contrast: 3 must be a whole number from 0 to 200 in steps of 5/);
    assert.match(warnings[1] ?? "", /^control zoom: 1 is no control of this camera/);
    await run();
    assert.deepEqual(await colours(), [0x3f3f3f, 0x3fffff]);
    assert.equal(warnings.length, 2);
    stop.abort();
  });

  it("are remembered over restarts by the camera's id, until they are set to defaults", async () => {
    const store = memoryStore();
    await rig({ palette: 1 }, store).controls.set({ palette: 2, brightness: 7 });
    const again = rig({ palette: 1 }, store);
    const list = await again.controls.list();
    assert.deepEqual([named(list, "palette").value, named(list, "brightness").value], [2, 7]);
    assert.equal(named(await rig({}, store, "window").controls.list(), "palette").value, 0);
    assert.deepEqual(Object.keys(store.get("controls") as object), ["test-pattern:door"]);
    const defaults = await again.controls.toDefaults();
    assert.deepEqual([named(defaults, "palette").value, named(defaults, "brightness").value], [1, 0]);
    assert.equal(store.get("controls"), undefined);
  });

  it("tell listeners when they change, and not of each picture drawn", async () => {
    const { controls, clock, run, stop } = rig();
    const told: unknown[] = [];
    const end = controls.onChange((list) => void told.push(named(list, "palette").value));
    await run();
    await clock.advance(1_000);
    await controls.list();
    assert.deepEqual(told, [0]);
    await controls.set({ palette: 1 });
    assert.deepEqual(told, [0, 1]);
    end();
    await controls.set({ palette: 2 });
    assert.deepEqual(told, [0, 1]);
    stop.abort();
  });
});
