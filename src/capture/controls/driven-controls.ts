import type { ConfigProblem } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { CameraControl, ControlsListener, ControlsPort, ControlValue } from "../../hub/camera-controls.ts";
import type { StateStore } from "../../store/state-file.ts";
import { isRefusal, readControls } from "./control-access.ts";
import { changeControls, checkControls, compareControls, restoreControls, writeDefaults } from "./control-changes.ts";
import { hasFlag, toCameraControl, type ControlDescriptor } from "./control-descriptor.ts";
import type { CameraDriver, ControlDriver, DriverLender } from "./control-driver.ts";
import { listControls } from "./control-list.ts";
import { ControlListeners } from "./control-listeners.ts";
import { ControlMemory } from "./control-memory.ts";
import type { ControlSetting } from "./control-settings.ts";
import { createWarnings, type Warnings } from "./control-warnings.ts";

/** What the controls of one camera are made from. */
export interface DrivenControlsOptions {
  /** What the camera is called in messages: its path. */
  readonly device: string;
  /** The camera's `controls` from the config: set on every open. */
  readonly initial: Readonly<Record<string, ControlValue>>;
  /** What was set at run time is kept there. */
  readonly store: StateStore;
  readonly log: Log;
  readonly lender: DriverLender;
}

async function viewOf(driver: ControlDriver, controls: readonly ControlDescriptor[]): Promise<CameraControl[]> {
  const values = await readControls(driver, controls);
  return controls.map((control) => toCameraControl(control, values.get(control.id)));
}

async function view(driver: ControlDriver): Promise<CameraControl[]> {
  return viewOf(driver, await listControls(driver));
}

/** Asks for an event whenever somebody else changes one of them; drivers without events have to do without. */
async function subscribeAll(driver: ControlDriver, controls: readonly ControlDescriptor[]): Promise<void> {
  for (const { id, type } of controls) {
    if (type === "compound" || type === "button") continue;
    try {
      await driver.subscribe(id);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (error.code === "ENOTTY") return;
    }
  }
}

/** The controls of one camera over its driver: checked, remembered, watched. All calls run one after the other. */
export class DrivenControls implements ControlsPort {
  readonly #device: string;
  readonly #initial: Readonly<Record<string, ControlValue>>;
  readonly #lender: DriverLender;
  readonly #warnings: Warnings;
  readonly #memory: ControlMemory;
  readonly #listeners = new ControlListeners();
  readonly #log: Log;
  /** How often the camera was opened, and which time's events are subscribed to. */
  #openings = 0;
  #subscribedIn = -1;
  #isAsking = false;

  constructor({ device, initial, store, log, lender }: DrivenControlsOptions) {
    this.#device = device;
    this.#initial = initial;
    this.#lender = lender;
    this.#log = log;
    this.#warnings = createWarnings(log, device);
    this.#memory = new ControlMemory({ store, config: initial, complain: (message) => this.#warnings.say(message) });
  }

  list(): Promise<readonly CameraControl[]> {
    return this.#lender.lend(async (driver) => this.#tell(await view(driver)));
  }

  set(values: Readonly<Record<string, ControlValue>>): Promise<readonly CameraControl[]> {
    return this.#lender.lend(async (driver) => {
      const { done, controls: before } = await changeControls(driver, this.#device, values);
      await compareControls(driver, done, this.#warnings);
      const after = await view(driver);
      this.#remember(await driver.identity(), done, before, after);
      return this.#tell(after);
    });
  }

  toDefaults(): Promise<readonly CameraControl[]> {
    return this.#lender.lend(async (driver) => {
      this.#memory.forget(await driver.identity());
      await writeDefaults(driver);
      await restoreControls(driver, this.#initial, this.#warnings);
      return this.#tell(await view(driver));
    });
  }

  onChange(listener: ControlsListener): () => void {
    const end = this.#listeners.add(listener);
    this.look();
    return end;
  }

  /** What is wrong with the config's values on this camera, with keys `controls.NAME`. Rejects with DeviceError. */
  check(): Promise<readonly ConfigProblem[]> {
    return this.#lender.lend(
      async (driver) => (await checkControls(driver, await listControls(driver), this.#initial)).problems,
    );
  }

  /**
   * The camera was opened (which `take`, where given, notes): sets the config's values and over them what is remembered
   * of this very camera. Never rejects: what it lacks or refuses is a warning, since the stream must run.
   */
  async restore(take?: () => void): Promise<void> {
    try {
      this.#openings += 1;
      take?.();
      await this.#lender.lend((driver) => this.#restore(driver));
    } catch (error) {
      this.#warnings.failed(error);
    }
    this.look();
  }

  /**
   * Something may have changed elsewhere: looks and tells, where somebody listens and the camera is open. Returns at once;
   * called again before it has begun to look, it looks once.
   */
  look(): void {
    if (this.#listeners.isEmpty || this.#isAsking) return;
    this.#isAsking = true;
    let hasBegun = false;
    const asked = this.#lender.lendIfOpen(async (driver) => {
      hasBegun = true;
      this.#isAsking = false; // what changes from now on may come too late for this look
      const opening = this.#openings;
      const controls = await listControls(driver);
      if (this.#subscribedIn !== opening) {
        this.#subscribedIn = opening;
        await subscribeAll(driver, controls); // before the values are read: nothing is missed
      }
      this.#tell(await viewOf(driver, controls));
    });
    asked
      .catch((error: unknown) => this.#log.debug({ err: error }, "changed controls could not be read"))
      .finally(() => (this.#isAsking &&= hasBegun));
  }

  async #restore(driver: CameraDriver): Promise<void> {
    // Finding out which camera it is may have to wait for udev: not where there is nothing to find.
    if (this.#memory.isEmpty) return restoreControls(driver, this.#initial, this.#warnings);
    const { values, remembered } = this.#memory.recall(await driver.identity());
    await restoreControls(driver, values, {
      ...this.#warnings,
      warn: (name, value, reason) =>
        this.#warnings.warn(name, value, remembered.has(name) ? `${reason} (remembered from when it was set)` : reason),
    });
  }

  /**
   * Keeps what was just set for the next open, but for buttons (pressed once is pressed), and lets go of what a mode among
   * it has taken over: that would only be refused.
   */
  #remember(
    identity: string,
    done: readonly ControlSetting[],
    before: readonly ControlDescriptor[],
    after: readonly CameraControl[],
  ): void {
    const lasting = done.filter(({ control }) => control.type !== "button");
    const wasActive = new Set(before.filter((control) => !hasFlag(control, "inactive")).map(({ name }) => name));
    const active = new Set(after.filter(({ inactive }) => !inactive).map(({ name }) => name));
    this.#memory.remember(identity, {
      set: new Map(lasting.map(({ control, given }) => [control.name, given])),
      takenOver: [...wasActive].filter((name) => !active.has(name)),
      active,
    });
  }

  #tell(controls: readonly CameraControl[]): readonly CameraControl[] {
    this.#listeners.tell(controls);
    return controls;
  }
}
