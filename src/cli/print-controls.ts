import type { CameraControl, ControlValue } from "../hub/camera-controls.ts";

/** One camera with its controls, or why they could not be asked for. */
export interface ControlsReport {
  /** Path of the node. */
  readonly device: string;
  /** What the driver calls the camera. */
  readonly name: string;
  readonly controls: readonly CameraControl[];
}

/** Where `controls:` stands in the entry of a camera in the config file. */
const indent = "    ";
const widestValueColumn = 44;

/** Plain words that YAML (1.1 or 1.2) reads as something else than text. */
const reserved = /^(?:null|true|false|yes|no|on|off|y|n)$/;

function formatKey(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.test(name) ? name : JSON.stringify(name);
}

/** Text on one line that every YAML reader reads back to the letter. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toHex(value: ControlValue): string {
  return `0x${Number(value).toString(16)}`;
}

/** The control's value as a YAML scalar that reads back as the same value. */
function formatValue(control: CameraControl, value: ControlValue): string {
  if (control.type === "bitmask") return toHex(value);
  return typeof value === "string" ? quote(value) : String(value);
}

/** Words from a driver on one line of a comment. */
function inComment(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\ufeff]+/gu, " ");
}

function describeMenu(control: CameraControl): string {
  const entries = (control.menu ?? []).map(({ value, label }) => `${value} = ${label}`);
  return `default ${control.default}: ${entries.join(", ")}`;
}

function describeBounds({ minimum, maximum, step }: CameraControl): string {
  return `${minimum} to ${maximum}, step ${step}`;
}

function describeType(control: CameraControl): string {
  switch (control.type) {
    case "integer":
      return `integer, ${describeBounds(control)}, default ${control.default}`;
    case "integer64":
      return `64-bit integer, ${describeBounds(control)}, default ${control.default}`;
    case "boolean":
      return `boolean, default ${control.default}`;
    case "menu":
      return `menu, ${describeMenu(control)}`;
    case "integer-menu":
      return `menu of integers, ${describeMenu(control)}`;
    case "button":
      return "button, pressed whenever the camera is opened";
    case "bitmask":
      return `bitmask of ${toHex(control.maximum ?? 0)}, default ${toHex(control.default ?? 0)}`;
    case "string":
      return `text, bytes ${describeBounds(control)}`;
    case "compound":
      return `${control.compoundType}${(control.dimensions ?? []).map((count) => `[${count}]`).join("")}, not settable`;
    default:
      return control.type satisfies never;
  }
}

function describeFlags(control: CameraControl): string {
  const flags = [
    control.readOnly ? "read-only" : "",
    control.writeOnly && control.type !== "button" ? "write-only" : "",
    control.inactive ? "inactive: an automatic mode decides it" : "",
    control.grabbed ? "grabbed: cannot be set while streaming" : "",
    control.volatile ? "volatile: the camera changes it" : "",
  ].filter((flag) => flag !== "");
  return flags.map((flag) => `; ${flag}`).join("");
}

/** Only what can be set as it stands may be pasted without a thought; the rest is there to be read. */
function isPasteable(control: CameraControl): boolean {
  if (control.type === "compound" || control.type === "button" || control.readOnly || control.inactive) return false;
  return control.value !== undefined;
}

function formatSetting(control: CameraControl): string {
  const key = formatKey(control.name);
  const value = control.type === "button" ? true : control.value;
  const setting = value === undefined ? `${key}:` : `${key}: ${formatValue(control, value)}`;
  return isPasteable(control) ? setting : `# ${setting}`;
}

/**
 * The controls of one camera as YAML for its entry in the config file, `controls:` and all. Each line ends in a comment of
 * type, range, step, default, menu entries and flags; what cannot be set, buttons, and what an automatic mode decides for now
 * are comments altogether.
 */
export function printControls({ device, name, controls }: ControlsReport): string {
  const heading = `# ${inComment(name)}, ${inComment(device)}`;
  if (controls.length === 0) return `${heading}: no controls\n`;
  const settings = controls.map(formatSetting);
  const width = Math.min(widestValueColumn, Math.max(...settings.map(({ length }) => length)));
  const lines = controls.map((control, index) => {
    const comment = inComment(describeType(control) + describeFlags(control));
    return `${indent}  ${(settings[index] ?? "").padEnd(width)}  # ${comment}`;
  });
  // A key with nothing under it would be null.
  const key = controls.some(isPasteable) ? "controls:" : "# controls:";
  return [heading, `${indent}${key}`, ...lines, ""].join("\n");
}
