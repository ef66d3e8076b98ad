import type { ControlType } from "../../hub/camera-controls.ts";

/** V4L2_CTRL_FLAG_… as the query ioctls report them. */
export const controlFlag = {
  disabled: 0x0001,
  grabbed: 0x0002,
  readOnly: 0x0004,
  /** Setting this one changes others: an automatic mode and the like. */
  update: 0x0008,
  inactive: 0x0010,
  writeOnly: 0x0040,
  volatile: 0x0080,
} as const;

/** V4L2_CTRL_FLAG_NEXT_CTRL and _NEXT_COMPOUND: or-ed to an id they ask for the control after it. */
export const nextControl = 0x80000000;
export const nextCompound = 0x40000000;

/** V4L2_CTRL_TYPE_CTRL_CLASS: a heading, not a control. */
export const controlClassType = 6;

const scalarTypes: Readonly<Record<number, ControlType>> = {
  1: "integer",
  2: "boolean",
  3: "menu",
  4: "button",
  5: "integer64",
  7: "string",
  8: "bitmask",
  9: "integer-menu",
};

/** Compound types by their number in `enum v4l2_ctrl_type`, named as there without V4L2_CTRL_TYPE_. */
const compoundTypes: Readonly<Record<number, string>> = {
  0x0100: "u8",
  0x0101: "u16",
  0x0102: "u32",
  0x0106: "area",
  0x0107: "rect",
  0x0110: "hdr10-cll-info",
  0x0111: "hdr10-mastering-display",
  0x0200: "h264-sps",
  0x0201: "h264-pps",
  0x0202: "h264-scaling-matrix",
  0x0203: "h264-slice-params",
  0x0204: "h264-decode-params",
  0x0205: "h264-pred-weights",
  0x0220: "fwht-params",
  0x0240: "vp8-frame",
  0x0250: "mpeg2-quantisation",
  0x0251: "mpeg2-sequence",
  0x0252: "mpeg2-picture",
  0x0260: "vp9-compressed-hdr",
  0x0261: "vp9-frame",
  0x0270: "hevc-sps",
  0x0271: "hevc-pps",
  0x0272: "hevc-slice-params",
  0x0273: "hevc-scaling-matrix",
  0x0274: "hevc-decode-params",
  0x0280: "av1-sequence",
  0x0281: "av1-tile-group-entry",
  0x0282: "av1-frame",
  0x0283: "av1-film-grain",
};

/** What a control of the kernel's type `code` with `dimensions` is for us: arrays of anything are compound. */
export function toControlType(code: number, dimensions: readonly number[]): ControlType {
  return dimensions.length > 0 ? "compound" : (scalarTypes[code] ?? "compound");
}

/** The element type of a compound control; `type-0x…` for one this table does not know. */
export function compoundTypeName(code: number): string {
  return scalarTypes[code] ?? compoundTypes[code] ?? `type-0x${code.toString(16)}`;
}
