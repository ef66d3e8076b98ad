/**
 * Streams from a camera in the camera VM and prints one JSON line whenever its controls have changed, whoever did it:
 *   node controls-watcher.js DEVICE
 */
import { createV4l2Camera } from "../../../src/capture/v4l2/v4l2-camera.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import type { ControlValue } from "../../../src/hub/camera-controls.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";

/** Values of all controls that have one, by name, and the names of those that a mode decides. */
export interface SeenControls {
  readonly values: Readonly<Record<string, ControlValue>>;
  readonly inactive: readonly string[];
}

const [device = ""] = process.argv.slice(2);
const camera = createV4l2Camera({
  device,
  format: "yuyv",
  width: 640,
  height: 360,
  controls: {},
  store: memoryStore(),
  clock: systemClock,
  log: silentLog,
});
camera.controls.onChange((controls) => {
  const seen: SeenControls = {
    values: Object.fromEntries(controls.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    inactive: controls.filter(({ inactive }) => inactive).map(({ name }) => name),
  };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
});
const ignore = (): void => {};
await camera.source.run({ format: ignore, frame: ignore, drop: ignore }, new AbortController().signal);
