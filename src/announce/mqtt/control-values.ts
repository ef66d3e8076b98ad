import { ConfigError, type ConfigProblem } from "../../core/errors.ts";
import type { CameraControl, ControlValue } from "../../hub/camera-controls.ts";
import { menuLabels } from "./discovery/control-entities.ts";

type Given = string | number | boolean;

/**
 * What was sent for each control as that control's own kind of value: `ON` and `OFF` for switches, the label or number of a
 * menu's entry, whole numbers. Throws ConfigError with every mistake, keys `controls.NAME`; ranges are the driver's to check.
 */
export function toControlValues(
  controls: readonly CameraControl[],
  given: Readonly<Record<string, Given>>,
): Readonly<Record<string, ControlValue>> {
  const problems: ConfigProblem[] = [];
  const values = Object.entries(given).flatMap(([name, value]): [string, ControlValue][] => {
    const control = controls.find((candidate) => candidate.name === name);
    const read = control ? readValue(control, value) : { allowed: "is no control of this camera" };
    if ("value" in read) return [[name, read.value]];
    problems.push({ key: `controls.${name}`, value, allowed: read.allowed });
    return [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(values);
}

type Read = { readonly value: ControlValue } | { readonly allowed: string };

function readValue(control: CameraControl, given: Given): Read {
  switch (control.type) {
    case "boolean":
      return readBoolean(given);
    case "button":
      return given === "PRESS" || given === "" || given === true ? { value: true } : { allowed: "must be PRESS" };
    case "menu":
    case "integer-menu":
      return readMenu(control, given);
    case "string":
      return { value: String(given) };
    case "compound":
      return { allowed: "cannot be set" };
    default:
      return readNumber(given);
  }
}

function readBoolean(given: Given): Read {
  const text = String(given).toUpperCase();
  if (["ON", "TRUE", "1"].includes(text)) return { value: true };
  if (["OFF", "FALSE", "0"].includes(text)) return { value: false };
  return { allowed: "must be ON or OFF" };
}

function readMenu({ menu = [] }: CameraControl, given: Given): Read {
  const labels = menuLabels(menu);
  const byLabel = menu[labels.indexOf(String(given))];
  const byNumber = menu.find(({ value }) => String(value) === String(given));
  const entry = byLabel ?? byNumber;
  return entry ? { value: entry.value } : { allowed: `must be one of ${labels.join(", ")}` };
}

/** Home Assistant may send a whole number as `140.0`; 64-bit numbers stay text. */
function readNumber(given: Given): Read {
  const [, digits] = /^(-?\d{1,20})(?:\.0+)?$/.exec(String(given).trim()) ?? [];
  if (digits === undefined) return { allowed: "must be a whole number" };
  const number = Number(digits);
  return { value: Number.isSafeInteger(number) ? number : digits };
}
