import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ControlMemory, type ControlChange } from "../../../../src/capture/controls/control-memory.ts";
import type { ControlValue } from "../../../../src/hub/camera-controls.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";

/** A store that counts what it is told to keep, and memories that share it, as restarts with another config do. */
function rig(section?: unknown) {
  const inner = memoryStore();
  if (section !== undefined) inner.set("controls", section);
  const complaints: string[] = [];
  const counted = { sets: 0 };
  const store = {
    get: (name: string) => inner.get(name),
    set(name: string, value: unknown) {
      counted.sets += 1;
      inner.set(name, value);
    },
  };
  const memory = (config: Record<string, ControlValue> = {}): ControlMemory =>
    new ControlMemory({ store, config, complain: (message) => void complaints.push(message) });
  return { memory, complaints, counted, kept: () => inner.get("controls") };
}

function change(set: Record<string, ControlValue>, parts: Partial<ControlChange> = {}): ControlChange {
  return { set: new Map(Object.entries(set)), takenOver: [], active: new Set(Object.keys(set)), ...parts };
}

describe("remembered controls", () => {
  it("go over the config's, for the camera they were set on", () => {
    const { memory, kept } = rig();
    memory({ gain: 3 }).remember("one", change({ brightness: 140, gain: 5 }));
    assert.deepEqual(kept(), { one: { brightness: { value: 140, over: null }, gain: { value: 5, over: 3 } } });
    const again = memory({ gain: 3, contrast: 7 });
    assert.deepEqual(again.recall("one").values, { brightness: 140, gain: 5, contrast: 7 });
    assert.deepEqual(again.recall("two").values, { gain: 3, contrast: 7 });
  });

  it("give way to a config that has changed since, one by one", () => {
    const { memory, kept, counted } = rig();
    memory({ gain: 3, focus: 1 }).remember("one", change({ brightness: 140, gain: 5, focus: 2 }));
    counted.sets = 0;
    assert.deepEqual(memory({ gain: 4, focus: 1 }).recall("one").values, { brightness: 140, gain: 4, focus: 2 });
    assert.deepEqual(memory({ focus: 1 }).recall("one").values, { brightness: 140, focus: 2 });
    assert.deepEqual(kept(), { one: { brightness: { value: 140, over: null }, focus: { value: 2, over: 1 } } });
    assert.equal(counted.sets, 1, "looking at it again writes nothing");
  });

  it("leave what a mode has taken over to the mode, until it is active again or the config changes", () => {
    const { memory, kept } = rig();
    const config = { auto: 1, exposure: 9 };
    const taken = change({ auto: 3 }, { takenOver: ["exposure", "iso"] });
    memory(config).remember("one", change({ iso: 100 }));
    memory(config).remember("one", taken);
    assert.deepEqual(kept(), { one: { auto: { value: 3, over: 1 }, exposure: { value: null, over: 9 } } });
    assert.deepEqual(memory(config).recall("one").values, { auto: 3 });
    const changed = memory({ ...config, auto: "Manual" });
    assert.deepEqual(changed.recall("one").values, { auto: "Manual", exposure: 9 });
    memory(config).remember("one", taken);
    memory(config).remember("one", change({ auto: 1 }, { active: new Set(["auto", "exposure"]) }));
    assert.deepEqual(memory(config).recall("one").values, config);
  });

  it("are forgotten camera by camera, and the section with the last", () => {
    const { memory, kept } = rig();
    memory().remember("one", change({ a: 1 }));
    memory().remember("two", change({ a: 2 }));
    memory().forget("one");
    assert.deepEqual(kept(), { two: { a: { value: 2, over: null } } });
    assert.equal(memory().isEmpty, false);
    memory().forget("two");
    memory().forget("three");
    assert.equal(kept(), undefined);
    assert.equal(memory().isEmpty, true);
  });

  it("are bounded to 200 cameras; one that is used is not the first to go", () => {
    const { memory, kept, counted } = rig();
    const all = memory();
    for (let camera = 0; camera < 200; camera += 1) all.remember(`camera ${camera}`, change({ a: camera }));
    counted.sets = 0;
    all.recall("camera 150");
    assert.equal(counted.sets, 0, "a young one is not written again");
    all.recall("camera 0");
    all.remember("one more", change({ a: 1 }));
    const identities = Object.keys(kept() as object);
    assert.equal(identities.length, 200);
    assert.ok(identities.includes("camera 0") && !identities.includes("camera 1"));
  });

  it("that were spoilt by hand are complained of and left out", () => {
    const { memory, complaints } = rig({
      one: {
        good: { value: "Manual", over: null },
        list: { value: [1], over: null },
        bare: 7,
        none: null,
        nowhere: { value: 1 },
        ["__proto__"]: { value: 1, over: {} },
      },
      two: "three",
    });
    assert.deepEqual(memory().recall("one").values, { good: "Manual" });
    assert.deepEqual(memory({ a: 1 }).recall("two").values, { a: 1 });
    assert.deepEqual(complaints, [
      'control list: what is remembered of it is of no use: {"value":[1],"over":null}',
      "control bare: what is remembered of it is of no use: 7",
      "control none: what is remembered of it is of no use: null",
      'control nowhere: what is remembered of it is of no use: {"value":1}',
      'control __proto__: what is remembered of it is of no use: {"value":1,"over":{}}',
      "what is remembered of the camera two is of no use: it is not an object",
    ]);
    const whole = rig("nonsense");
    assert.deepEqual(whole.memory({ a: 1 }).recall("one").values, { a: 1 });
    whole.memory().remember("one", change({ a: 2 }));
    assert.deepEqual(whole.kept(), { one: { a: { value: 2, over: null } } });
    assert.deepEqual(
      new Set(whole.complaints),
      new Set(["what is remembered of controls is of no use: controls is not an object"]),
    );
  });
});
