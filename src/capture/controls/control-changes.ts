import type { ControlValue } from "../../hub/camera-controls.ts";
import { ConfigError, DeviceError, type ConfigProblem } from "../../core/errors.ts";
import { isRefusal, readControls, wouldRefuse, writeControl } from "./control-access.ts";
import { hasFlag, isReadable, isSettable, toControlValue, type ControlDescriptor } from "./control-descriptor.ts";
import type { ControlDriver } from "./control-driver.ts";
import { listControls } from "./control-list.ts";
import {
  checkSettings,
  describeRefusal,
  orderDefaults,
  orderSettings,
  toConfigProblem,
  writeSettings,
  type ControlSetting,
  type RefusedSetting,
} from "./control-settings.ts";
import type { Warnings } from "./control-warnings.ts";

/** Names and values first by what the driver lists, then by what it says when asked to try them. */
export async function checkControls(
  driver: ControlDriver,
  controls: readonly ControlDescriptor[],
  values: Readonly<Record<string, ControlValue>>,
): Promise<{ settings: ControlSetting[]; problems: ConfigProblem[] }> {
  const { settings, problems } = checkSettings(controls, values);
  const taken: ControlSetting[] = [];
  for (const setting of settings) {
    const { control, raw, given } = setting;
    if (!(await wouldRefuse(driver, control, raw))) taken.push(setting);
    else
      problems.push({ key: `controls.${control.name}`, value: given, allowed: "is not a value that the driver takes" });
  }
  return { settings: orderSettings(taken), problems };
}

/** Puts back, last set first, what `before` says; what cannot be put back is left. */
async function undo(
  driver: ControlDriver,
  done: readonly ControlSetting[],
  before: Awaited<ReturnType<typeof readControls>>,
): Promise<void> {
  for (const { control } of done.toReversed()) {
    const raw = before.get(control.id);
    try {
      if (raw !== undefined) await writeControl(driver, control, raw);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

/** EIO and the like are the camera's trouble; all other refusals are about what was asked for. */
function refusalError(device: string, refused: readonly RefusedSetting[]): Error {
  const aboutRequest = new Set(["EACCES", "EBUSY", "EINVAL", "ERANGE", "EILSEQ", "ENOTTY"]);
  const trouble = refused.filter(({ error }) => !aboutRequest.has(error.code));
  if (trouble.length === 0) return new ConfigError(refused.map(toConfigProblem));
  const lines = trouble.map((refusal) => `${refusal.setting.control.name} ${describeRefusal(refusal)}`);
  return new DeviceError("failed", `${device}: ${lines.join("; ")}`);
}

/**
 * Sets all of `values` or none: every mistake is found before the first one is set (ConfigError), and what was set is put
 * back when the driver refuses another. Answers with what was set and all controls as they were before. Rejects with DriverError when the camera is gone.
 */
export async function changeControls(
  driver: ControlDriver,
  device: string,
  values: Readonly<Record<string, ControlValue>>,
): Promise<{ done: readonly ControlSetting[]; controls: readonly ControlDescriptor[] }> {
  const controls = await listControls(driver);
  const { settings, problems } = await checkControls(driver, controls, values);
  if (problems.length > 0) throw new ConfigError(problems);
  const before = await readControls(
    driver,
    settings.map(({ control }) => control),
  );
  const { done, refused } = await writeSettings(driver, settings);
  if (refused.length === 0) return { done, controls };
  await undo(driver, done, before);
  throw refusalError(device, refused);
}

/** Warns of each value that the driver took but did not keep as it was. */
export async function compareControls(
  driver: ControlDriver,
  done: readonly ControlSetting[],
  warnings: Warnings,
): Promise<void> {
  const values = await readControls(
    driver,
    done.map(({ control }) => control).filter((control) => !hasFlag(control, "volatile")),
  );
  for (const { control, raw, given } of done) {
    const now = values.get(control.id);
    if (now !== undefined && now !== raw) warnings.warn(control.name, given, `was taken, but the camera is at ${now}`);
  }
}

/** Sets as many of `values` as the camera takes and warns of the others. Rejects with DriverError when it is gone. */
export async function restoreControls(
  driver: ControlDriver,
  values: Readonly<Record<string, ControlValue>>,
  warnings: Warnings,
): Promise<void> {
  if (Object.keys(values).length === 0) return;
  const { settings, problems } = checkSettings(await listControls(driver), values);
  for (const { key, value, allowed } of problems) warnings.warn(key.replace(/^controls\./, ""), value, allowed);
  const { done, refused } = await writeSettings(driver, orderSettings(settings));
  for (const refusal of refused) {
    warnings.warn(refusal.setting.control.name, refusal.setting.given, describeRefusal(refusal));
  }
  await compareControls(driver, done, warnings);
}

/** Sets every control that is elsewhere to its default; refusals mean that a mode decides it, which is a default too. */
export async function writeDefaults(driver: ControlDriver): Promise<void> {
  const controls = (await listControls(driver)).filter(
    (control) => isSettable(control) && isReadable(control) && control.type !== "string",
  );
  const values = await readControls(driver, controls);
  const settings = controls
    .filter((control) => values.has(control.id) && values.get(control.id) !== control.default)
    .map((control) => ({ control, raw: control.default, given: toControlValue(control, control.default) }));
  await writeSettings(driver, orderDefaults(settings));
}
