import type { Log } from "../../core/log.ts";
import type { ControlsPort, ControlValue } from "../../hub/camera-controls.ts";
import type { StateStore } from "../../store/state-file.ts";
import type { CameraDriver, DriverLender } from "../controls/control-driver.ts";
import { DrivenControls } from "../controls/driven-controls.ts";
import type { Source } from "../source.ts";
import { PatternSettings } from "./pattern-settings.ts";
import { createTestPatternSource, type TestPatternOptions } from "./test-pattern-source.ts";

export interface TestPatternCameraOptions extends TestPatternOptions {
  /** The camera's id: what was set is remembered under it. */
  readonly id: string;
  /** Controls to set whenever it starts, by normalised name. */
  readonly controls: Readonly<Record<string, ControlValue>>;
  readonly store: StateStore;
  readonly log: Log;
}

/** The test pattern with controls that change its picture, as those of a webcam do. */
export function createTestPatternCamera(options: TestPatternCameraOptions): { source: Source; controls: ControlsPort } {
  const { id, store, log, controls: initial } = options;
  const settings = new PatternSettings();
  const controls = new DrivenControls({ device: id, initial, store, log, lender: lendAlways(settings, id) });
  const source = createTestPatternSource({ ...options, settings });
  let begun: Promise<void> | undefined;
  /** There is no device that keeps its values while nobody watches: whoever asks first sets them. */
  const begin = (): Promise<void> => (begun ??= controls.restore());
  return {
    source: {
      ...source,
      run: async (sink, signal) => {
        await (begun = controls.restore());
        await source.run(sink, signal);
      },
    },
    controls: {
      list: async () => begin().then(() => controls.list()),
      set: async (values) => begin().then(() => controls.set(values)),
      toDefaults: async () => begin().then(() => controls.toDefaults()),
      onChange: (listener) => controls.onChange(listener),
    },
  };
}

function lendAlways(settings: PatternSettings, id: string): DriverLender {
  const driver: CameraDriver = Object.assign(settings, { identity: async () => `test-pattern:${id}` });
  let last: Promise<unknown> = Promise.resolve();
  const lend = <T>(work: (lent: CameraDriver) => Promise<T>): Promise<T> => {
    const result = last.then(() => work(driver));
    last = result.catch(() => undefined);
    return result;
  };
  return { lend, lendIfOpen: lend };
}
