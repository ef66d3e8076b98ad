import type { CameraControl, ControlsPort, ControlValue } from "../../hub/camera-controls.ts";
import type { ConfigProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { changeControls, checkControls, compareControls, restoreControls, writeDefaults } from "./control-changes.ts";
import { readControls } from "./control-access.ts";
import { hasFlag, toCameraControl } from "./control-descriptor.ts";
import type { ControlDriver } from "./control-driver.ts";
import { listControls } from "./control-list.ts";
import { createControlNode, type ControlNode } from "./control-node.ts";
import type { ControlSetting } from "./control-settings.ts";
import { controlSystem, type ControlSystem } from "./control-system.ts";
import { createWarnings, type Warnings } from "./control-warnings.ts";

/** What the controls of one V4L2 node are made from. */
export interface V4l2ControlsOptions {
  /** Path of the node. */
  readonly device: string;
  /** The camera's `controls` from the config: set on every open. */
  readonly initial: Readonly<Record<string, ControlValue>>;
  readonly log: Log;
  /** Default: the machine's own. */
  readonly system?: ControlSystem;
}

/** The controls of one V4L2 node, whether it is streaming or not. All calls run one after the other, off the event loop. */
export interface V4l2Controls extends ControlsPort {
  /**
   * The node was opened as `fd`: sets the config's values and those set since, and uses `fd` until `detach`. Never
   * rejects: what the camera lacks or refuses is a warning, since the stream must run. Await it before streaming, where
   * a driver lets more be set than later.
   */
  apply(fd: number): Promise<void>;
  /** `fd` is or will soon be closed. What is under way ends on a descriptor of its own. */
  detach(): void;
  /** As after a fresh start: the driver's defaults, then the config's values; what was set since is forgotten. */
  toDefaults(): Promise<readonly CameraControl[]>;
  /** What is wrong with the config's values on this camera, with keys `controls.NAME`. Rejects with DeviceError. */
  check(): Promise<readonly ConfigProblem[]>;
}

async function view(driver: ControlDriver): Promise<CameraControl[]> {
  const controls = await listControls(driver);
  const values = await readControls(driver, controls);
  return controls.map((control) => toCameraControl(control, values.get(control.id)));
}

class NodeControls implements V4l2Controls {
  readonly #device: string;
  readonly #initial: Readonly<Record<string, ControlValue>>;
  readonly #node: ControlNode;
  readonly #warnings: Warnings;
  #remembered: Readonly<Record<string, ControlValue>>;

  constructor(options: V4l2ControlsOptions) {
    this.#device = options.device;
    this.#initial = options.initial;
    this.#remembered = options.initial;
    this.#node = createControlNode(options.device, options.system ?? controlSystem);
    this.#warnings = createWarnings(options.log, options.device);
  }

  list(): Promise<readonly CameraControl[]> {
    return this.#node.lend(view);
  }

  set(values: Readonly<Record<string, ControlValue>>): Promise<readonly CameraControl[]> {
    return this.#node.lend(async (driver) => {
      const { done, controls: before } = await changeControls(driver, this.#device, values);
      await compareControls(driver, done, this.#warnings);
      const after = await view(driver);
      const wasActive = new Set(before.filter((control) => !hasFlag(control, "inactive")).map(({ name }) => name));
      this.#remember(
        done,
        after.filter(({ name, inactive }) => inactive && wasActive.has(name)),
      );
      return after;
    });
  }

  /**
   * Keeps what was just set for the next open, but for buttons (pressed once is pressed) and forgets what a mode among
   * it has taken over: that would only be refused.
   */
  #remember(done: readonly ControlSetting[], takenOver: readonly CameraControl[]): void {
    const kept = done.filter(({ control }) => control.type !== "button");
    const forgotten = new Set(takenOver.map(({ name }) => name));
    this.#remembered = Object.fromEntries([
      ...Object.entries(this.#remembered).filter(([name]) => !forgotten.has(name)),
      ...kept.map(({ control, given }) => [control.name, given] as const),
    ]);
  }

  async apply(fd: number): Promise<void> {
    try {
      this.#node.attach(fd);
      await this.#node.lend((driver) => restoreControls(driver, this.#remembered, this.#warnings));
    } catch (error) {
      this.#warnings.failed(error);
    }
  }

  detach(): void {
    this.#node.detach();
  }

  toDefaults(): Promise<readonly CameraControl[]> {
    return this.#node.lend(async (driver) => {
      this.#remembered = this.#initial;
      await writeDefaults(driver);
      await restoreControls(driver, this.#initial, this.#warnings);
      return view(driver);
    });
  }

  check(): Promise<readonly ConfigProblem[]> {
    return this.#node.lend(
      async (driver) => (await checkControls(driver, await listControls(driver), this.#initial)).problems,
    );
  }
}

/** The controls of the node at `device`. Opens nothing yet. */
export function createV4l2Controls(options: V4l2ControlsOptions): V4l2Controls {
  return new NodeControls(options);
}
