import type { CameraControl, ControlMenuEntry, ControlType, ControlValue } from "../../hub/camera-controls.ts";
import { controlFlag } from "./control-types.ts";

/** A control's value on the driver's side of the seam: text for strings, a whole number for all else. */
export type RawControlValue = bigint | string;

/** What the driver says of one control, with the name we gave it. */
export interface ControlDescriptor {
  readonly name: string;
  readonly label: string;
  readonly id: number;
  readonly type: ControlType;
  readonly compoundType: string | undefined;
  /** Elements along each dimension of an array; empty for a single value. */
  readonly dimensions: readonly number[];
  /** For a string: the least number of bytes; for a bitmask 0. */
  readonly minimum: bigint;
  /** For a string: the greatest number of bytes; for a bitmask all the bits that may be set. */
  readonly maximum: bigint;
  readonly step: bigint;
  readonly default: bigint;
  /** V4L2_CTRL_FLAG_… */
  readonly flags: number;
  /** Entries the driver has, in order; holes left out. */
  readonly menu: readonly ControlMenuEntry[] | undefined;
}

/** Whether the descriptor has one of `controlFlag`. */
export function hasFlag(control: ControlDescriptor, flag: keyof typeof controlFlag): boolean {
  return (control.flags & controlFlag[flag]) !== 0;
}

/** Whether a value can be asked for. */
export function isReadable(control: ControlDescriptor): boolean {
  return control.type !== "compound" && control.type !== "button" && !hasFlag(control, "writeOnly");
}

/** Whether a value can be set at all (it may be inactive or grabbed for now). */
export function isSettable(control: ControlDescriptor): boolean {
  return control.type !== "compound" && !hasFlag(control, "readOnly");
}

function toNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** `raw` as the control's type shows it to people. */
export function toControlValue(control: Pick<ControlDescriptor, "type">, raw: RawControlValue): ControlValue {
  if (typeof raw === "string") return raw;
  return control.type === "boolean" ? raw !== 0n : toNumber(raw);
}

function limits(control: ControlDescriptor): Partial<CameraControl> {
  const { type } = control;
  if (type === "button" || type === "compound") return {};
  const bounds = { minimum: toNumber(control.minimum), maximum: toNumber(control.maximum) };
  if (type === "string") return { ...bounds, step: toNumber(control.step) };
  const fallback = { default: toControlValue(control, control.default) };
  if (type === "boolean") return fallback;
  const ranged = { ...bounds, ...fallback };
  return type === "integer" || type === "integer64" ? { ...ranged, step: toNumber(control.step) } : ranged;
}

/** The control as the outputs see it; `raw` is its value where it could be read. */
export function toCameraControl(control: ControlDescriptor, raw: RawControlValue | undefined): CameraControl {
  const { name, label, id, type, menu, compoundType, dimensions } = control;
  return {
    name,
    label,
    id,
    type,
    ...limits(control),
    ...(raw === undefined ? {} : { value: toControlValue(control, raw) }),
    ...(menu === undefined ? {} : { menu }),
    ...(compoundType === undefined ? {} : { compoundType, dimensions }),
    inactive: hasFlag(control, "inactive"),
    readOnly: hasFlag(control, "readOnly"),
    ...(hasFlag(control, "writeOnly") ? { writeOnly: true } : {}),
    ...(hasFlag(control, "grabbed") ? { grabbed: true } : {}),
    ...(hasFlag(control, "volatile") ? { volatile: true } : {}),
  };
}
