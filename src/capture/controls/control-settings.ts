import type { ControlValue } from "../../hub/camera-controls.ts";
import { nearestName } from "../../config/nearest-name.ts";
import type { ConfigProblem } from "../../core/errors.ts";
import { isRefusal, writeControl } from "./control-access.ts";
import { hasFlag, isSettable, type ControlDescriptor, type RawControlValue } from "./control-descriptor.ts";
import type { ControlDriver, DriverError } from "./control-driver.ts";
import { checkControlValue } from "./control-values.ts";

/** One checked value on its way to the driver. */
export interface ControlSetting {
  readonly control: ControlDescriptor;
  readonly raw: RawControlValue;
  /** As the user wrote it. */
  readonly given: ControlValue;
}

/** A setting the driver said no to. */
export interface RefusedSetting {
  readonly setting: ControlSetting;
  readonly error: DriverError;
}

function unknownControl(name: string, controls: readonly ControlDescriptor[]): string {
  const names = controls.filter(isSettable).map((control) => control.name);
  const near = nearestName(name, names);
  if (near !== undefined) return `is no control of this camera; did you mean ${near}?`;
  return names.length > 0
    ? `is no control of this camera, which has ${names.join(", ")}`
    : "is no control of this camera, which has none to set";
}

/** Looks every name up and checks every value; problems have the keys `controls.NAME`. */
export function checkSettings(
  controls: readonly ControlDescriptor[],
  values: Readonly<Record<string, ControlValue>>,
): { settings: ControlSetting[]; problems: ConfigProblem[] } {
  const byName = new Map(controls.map((control) => [control.name, control]));
  const settings: ControlSetting[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, given] of Object.entries(values)) {
    const control = byName.get(name);
    const check = control ? checkControlValue(control, given) : { allowed: unknownControl(name, controls) };
    if (control && "raw" in check) settings.push({ control, raw: check.raw, given });
    else if ("allowed" in check) problems.push({ key: `controls.${name}`, value: given, allowed: check.allowed });
  }
  return { settings, problems };
}

/**
 * Whether the control may switch others on and off: the driver says so (V4L2_CTRL_FLAG_UPDATE), or it is one of the
 * automatic modes of drivers that do not (uvcvideo).
 */
function isGate(control: ControlDescriptor): boolean {
  if (hasFlag(control, "update")) return true;
  return (control.type === "boolean" || control.type === "menu") && /auto|(^|_)agc(_|$)/.test(control.name);
}

function rank({ control }: ControlSetting): number {
  if (hasFlag(control, "inactive")) return 2;
  return isGate(control) ? 0 : 1;
}

/** Modes first, then what is active, then what a mode must switch on first; otherwise as given. */
export function orderSettings(settings: readonly ControlSetting[]): ControlSetting[] {
  return settings.toSorted((left, right) => rank(left) - rank(right));
}

/** The other way round: values while their modes still let them be set, then the modes. */
export function orderDefaults(settings: readonly ControlSetting[]): ControlSetting[] {
  return settings.toSorted((left, right) => Number(isGate(left.control)) - Number(isGate(right.control)));
}

async function writeEach(
  driver: ControlDriver,
  settings: readonly ControlSetting[],
): Promise<{ done: ControlSetting[]; refused: RefusedSetting[] }> {
  const done: ControlSetting[] = [];
  const refused: RefusedSetting[] = [];
  for (const setting of settings) {
    try {
      await writeControl(driver, setting.control, setting.raw);
      done.push(setting);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused.push({ setting, error });
    }
  }
  return { done, refused };
}

/**
 * Sets one after the other in the order given; what was refused as not to be set for now (EACCES, EBUSY) is tried once
 * more when the rest is set. Rejects with DriverError when the camera is gone.
 */
export async function writeSettings(
  driver: ControlDriver,
  settings: readonly ControlSetting[],
): Promise<{ done: ControlSetting[]; refused: RefusedSetting[] }> {
  const first = await writeEach(driver, settings);
  const forNow = first.refused.filter(({ error }) => error.code === "EACCES" || error.code === "EBUSY");
  const second = await writeEach(
    driver,
    forNow.map(({ setting }) => setting),
  );
  const forGood = first.refused.filter((refusal) => !forNow.includes(refusal));
  return { done: [...first.done, ...second.done], refused: [...forGood, ...second.refused] };
}

/** Why the driver said no, in words that finish `controls.NAME: is VALUE, `. */
export function describeRefusal({ setting, error }: RefusedSetting): string {
  if (error.code === "EACCES" && hasFlag(setting.control, "inactive")) {
    return "cannot be set while an automatic mode decides it: switch that mode off as well";
  }
  switch (error.code) {
    case "EACCES":
      return "cannot be set: the driver does not allow it in its present mode";
    case "EBUSY":
      return "cannot be set while the camera is streaming or another program controls it";
    case "EINVAL":
    case "ERANGE":
    case "EILSEQ":
      return "is not a value that the driver takes";
    default:
      return `was refused by the camera (${error.code})`;
  }
}

/** The refusal as a mistake in the configuration or in a request. */
export function toConfigProblem(refusal: RefusedSetting): ConfigProblem {
  const { control, given } = refusal.setting;
  return { key: `controls.${control.name}`, value: given, allowed: describeRefusal(refusal) };
}
