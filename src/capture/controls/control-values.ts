import type { ControlMenuEntry, ControlValue } from "../../hub/camera-controls.ts";
import { hasFlag, type ControlDescriptor, type RawControlValue } from "./control-descriptor.ts";
import { normalizeControlName } from "./control-names.ts";

/** What checking one value gave: what to hand to the driver, or what would have been right. */
export type ControlValueCheck = { readonly raw: RawControlValue } | { readonly allowed: string };

const switches = new Map<ControlValue, bigint>([
  ...([true, 1, "1", "true", "on", "yes"] as const).map((word) => [word, 1n] as const),
  ...([false, 0, "0", "false", "off", "no"] as const).map((word) => [word, 0n] as const),
]);

/** The whole number that `value` is or spells (decimal or 0x…); undefined for all else and for inexact numbers. */
function parseWholeNumber(value: ControlValue): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value === "boolean") return undefined;
  const match = /^([+-]?)(0x[\da-f]+|\d+)$/i.exec(value.trim());
  if (!match?.[2]) return undefined;
  const magnitude = BigInt(match[2]);
  return match[1] === "-" ? -magnitude : magnitude;
}

function checkSwitch(value: ControlValue): ControlValueCheck {
  const raw = switches.get(typeof value === "string" ? value.trim().toLowerCase() : value);
  return raw === undefined ? { allowed: "must be true or false" } : { raw };
}

function checkButton(value: ControlValue): ControlValueCheck {
  const pressed = checkSwitch(value);
  return "raw" in pressed && pressed.raw === 1n
    ? pressed
    : { allowed: "must be true (it is a button: true presses it)" };
}

function describeRange({ minimum, maximum, step }: ControlDescriptor): string {
  return `must be a whole number from ${minimum} to ${maximum}${step > 1n ? ` in steps of ${step}` : ""}`;
}

/** The two values of the control's grid around `raw`, which is in range and not on it. */
function neighbours(control: ControlDescriptor, raw: bigint): string {
  const below = raw - ((raw - control.minimum) % control.step);
  const above = below + control.step;
  return above > control.maximum ? `${below} is the nearest` : `${below} and ${above} are the nearest`;
}

function checkInteger(control: ControlDescriptor, value: ControlValue): ControlValueCheck {
  const raw = parseWholeNumber(value);
  const allowed = describeRange(control);
  if (raw === undefined) {
    const inexact = typeof value === "number" && Number.isInteger(value);
    return { allowed: inexact ? `${allowed}; put one beyond 2^53 in quotes` : allowed };
  }
  if (raw < control.minimum || raw > control.maximum) return { allowed };
  if (control.step > 1n && (raw - control.minimum) % control.step !== 0n) {
    return { allowed: `${allowed}; ${neighbours(control, raw)}` };
  }
  return { raw };
}

function checkBitmask(control: ControlDescriptor, value: ControlValue): ControlValueCheck {
  const raw = parseWholeNumber(value);
  if (raw !== undefined && raw >= 0n && (raw & ~control.maximum) === 0n) return { raw };
  return { allowed: `must be made of the bits 0x${control.maximum.toString(16)} only` };
}

/** The only entry whose label is `text`: to the letter, else as a normalised name. */
function findLabel(menu: readonly ControlMenuEntry[], text: string): ControlMenuEntry | undefined {
  const exact = menu.filter(({ label }) => label === text);
  if (exact.length > 0) return exact.length === 1 ? exact[0] : undefined;
  const wanted = normalizeControlName(text);
  const alike = wanted === "" ? [] : menu.filter(({ label }) => normalizeControlName(label) === wanted);
  return alike.length === 1 ? alike[0] : undefined;
}

/** `Off` and the like may reach us as false: a configuration file has no other way to write it. */
function findSwitchLabel(menu: readonly ControlMenuEntry[], isOn: boolean): ControlMenuEntry | undefined {
  const words = isOn ? ["on", "yes", "true"] : ["off", "no", "false"];
  const meant = menu.filter(({ label }) => words.includes(normalizeControlName(label)));
  return meant.length === 1 ? meant[0] : undefined;
}

function findEntry(menu: readonly ControlMenuEntry[], value: ControlValue): ControlMenuEntry | undefined {
  if (typeof value === "boolean") return findSwitchLabel(menu, value);
  const index = parseWholeNumber(value);
  return (
    (typeof value === "string" ? findLabel(menu, value.trim()) : undefined) ??
    menu.find((candidate) => BigInt(candidate.value) === index)
  );
}

function checkMenu(control: ControlDescriptor, value: ControlValue): ControlValueCheck {
  const menu = control.menu ?? [];
  const entry = findEntry(menu, value);
  if (entry) return { raw: BigInt(entry.value) };
  const entries = menu.map(({ value: number, label }) => `${number} (${label})`);
  return {
    allowed: entries.length > 0 ? `must be one of ${entries.join(", ")}` : "has an empty menu: nothing can be set",
  };
}

function describeLength({ minimum, maximum, step }: ControlDescriptor): string {
  const range = minimum === maximum ? `${maximum}` : `${minimum} to ${maximum}`;
  return `must be text of ${range} bytes${step > 1n ? ` in steps of ${step}` : ""}`;
}

function checkString(control: ControlDescriptor, value: ControlValue): ControlValueCheck {
  const raw = typeof value === "number" ? String(value) : value;
  const allowed = describeLength(control);
  if (typeof raw === "boolean") return { allowed };
  if (raw.includes("\0")) return { allowed: `${allowed} without NUL` };
  const length = BigInt(Buffer.byteLength(raw));
  const onGrid = control.step <= 1n || (length - control.minimum) % control.step === 0n;
  return length < control.minimum || length > control.maximum || !onGrid ? { allowed } : { raw };
}

/**
 * Whether `value` may be set on `control`. Booleans are also 0/1, on/off, yes/no; whole numbers also decimal or 0x text;
 * a menu takes an entry's number or its label (text is looked up as a label first). Values between two steps are
 * refused with the nearest.
 */
export function checkControlValue(control: ControlDescriptor, value: ControlValue): ControlValueCheck {
  if (hasFlag(control, "readOnly")) return { allowed: "is read-only and cannot be set" };
  switch (control.type) {
    case "boolean":
      return checkSwitch(value);
    case "button":
      return checkButton(value);
    case "integer":
    case "integer64":
      return checkInteger(control, value);
    case "bitmask":
      return checkBitmask(control, value);
    case "menu":
    case "integer-menu":
      return checkMenu(control, value);
    case "string":
      return checkString(control, value);
    case "compound":
      return { allowed: "is a compound control and cannot be set" };
    default:
      return control.type satisfies never;
  }
}
