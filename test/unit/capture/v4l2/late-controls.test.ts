import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLateControls } from "../../../../src/capture/v4l2/late-controls.ts";
import { DeviceError } from "../../../../src/core/errors.ts";
import type { CameraControl, ControlsListener, ControlsPort } from "../../../../src/hub/camera-controls.ts";

const brightness: CameraControl = {
  name: "brightness",
  label: "Brightness",
  id: 0x980900,
  type: "integer",
  inactive: false,
  readOnly: false,
};

/** Controls that are there once `plug` was called. */
function rig() {
  const listeners = new Set<ControlsListener>();
  let isThere = false;
  const answer = (): Promise<readonly CameraControl[]> => Promise.resolve([brightness]);
  const port: ControlsPort = {
    list: answer,
    set: answer,
    toDefaults: answer,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const late = createLateControls(async () => {
    if (!isThere) throw new DeviceError("gone", "there is no camera");
    return port;
  });
  return { late, listeners, plug: () => void (isThere = true) };
}

describe("controls of a camera that has yet to be found", () => {
  it("reject until it is, and are the camera's from then on", async () => {
    const { late, plug } = rig();
    for (const ask of [() => late.list(), () => late.set({}), () => late.toDefaults(), () => late.connect()]) {
      await assert.rejects(ask(), /there is no camera/);
    }
    plug();
    assert.deepEqual(await late.list(), [brightness]);
    assert.deepEqual(await late.set({}), [brightness]);
    assert.deepEqual(await late.toDefaults(), [brightness]);
  });

  it("tell listeners that were there before it", async () => {
    const { late, listeners, plug } = rig();
    const told: string[] = [];
    const endFirst = late.onChange(() => void told.push("first"));
    const endSecond = late.onChange(() => void told.push("second"));
    endSecond();
    plug();
    await Promise.all([late.connect(), late.connect()]);
    const endThird = late.onChange(() => void told.push("third"));
    for (const listener of listeners) listener([brightness]);
    assert.deepEqual(told, ["first", "third"]);
    endFirst();
    endThird();
    assert.equal(listeners.size, 0);
  });
});
