import { endianness } from "node:os";
import koffi, { type TypeObject } from "koffi";
import { KernelStruct, type StructFields } from "./kernel-struct.ts";

/**
 * The structs of <linux/videodev2.h>, field for field, as koffi types: 32- and 64-bit ABIs come out as the machine's C
 * compiler lays them out. Anonymous unions are called `u`; fields keep the kernel's names.
 */

const array = (of: string | TypeObject, length: number): TypeObject => koffi.array(of, length);
const union = (fields: StructFields): TypeObject => koffi.union(fields);
const inner = (fields: StructFields): TypeObject => koffi.struct(fields);
const struct = (name: string, fields: StructFields): KernelStruct => new KernelStruct(name, koffi.struct(fields));
/** `__attribute__((packed))`. */
const packed = (name: string, fields: StructFields): KernelStruct => new KernelStruct(name, koffi.pack(fields));

const u8 = "uint8_t";
const u16 = "uint16_t";
const u32 = "uint32_t";
const s32 = "int32_t";
const s64 = "int64_t";
const pointer = "void *";
const ulong = "ulong";
const long = "long";

export const v4l2Capability = struct("v4l2_capability", {
  driver: array("char", 16),
  card: array("char", 32),
  bus_info: array("char", 32),
  version: u32,
  capabilities: u32,
  device_caps: u32,
  reserved: array(u32, 3),
});

export const v4l2Fmtdesc = struct("v4l2_fmtdesc", {
  index: u32,
  type: u32,
  flags: u32,
  description: array("char", 32),
  pixelformat: u32,
  mbus_code: u32,
  reserved: array(u32, 3),
});

const fract = inner({ numerator: u32, denominator: u32 });

export const v4l2Frmsizeenum = struct("v4l2_frmsizeenum", {
  index: u32,
  pixel_format: u32,
  type: u32,
  u: union({
    discrete: inner({ width: u32, height: u32 }),
    stepwise: inner({
      min_width: u32,
      max_width: u32,
      step_width: u32,
      min_height: u32,
      max_height: u32,
      step_height: u32,
    }),
  }),
  reserved: array(u32, 2),
});

export const v4l2Frmivalenum = struct("v4l2_frmivalenum", {
  index: u32,
  pixel_format: u32,
  width: u32,
  height: u32,
  type: u32,
  u: union({ discrete: fract, stepwise: inner({ min: fract, max: fract, step: fract }) }),
  reserved: array(u32, 2),
});

export const v4l2PixFormat = struct("v4l2_pix_format", {
  width: u32,
  height: u32,
  pixelformat: u32,
  field: u32,
  bytesperline: u32,
  sizeimage: u32,
  colorspace: u32,
  priv: u32,
  flags: u32,
  ycbcr_enc: u32,
  quantization: u32,
  xfer_func: u32,
});

export const v4l2PlanePixFormat = packed("v4l2_plane_pix_format", {
  sizeimage: u32,
  bytesperline: u32,
  reserved: array(u16, 6),
});

export const v4l2PixFormatMplane = packed("v4l2_pix_format_mplane", {
  width: u32,
  height: u32,
  pixelformat: u32,
  field: u32,
  colorspace: u32,
  plane_fmt: array(v4l2PlanePixFormat.type, 8),
  num_planes: u8,
  flags: u8,
  ycbcr_enc: u8,
  quantization: u8,
  xfer_func: u8,
  reserved: array(u8, 7),
});

export const v4l2Format = struct("v4l2_format", {
  type: u32,
  fmt: union({
    pix: v4l2PixFormat.type,
    pix_mp: v4l2PixFormatMplane.type,
    // Stands for v4l2_window, whose pointers align the whole union to the word.
    window_pointer: pointer,
    raw_data: array(u8, 200),
  }),
});

export const v4l2Streamparm = struct("v4l2_streamparm", {
  type: u32,
  parm: union({
    capture: inner({
      capability: u32,
      capturemode: u32,
      timeperframe: fract,
      extendedmode: u32,
      readbuffers: u32,
      reserved: array(u32, 4),
    }),
    raw_data: array(u8, 200),
  }),
});

export const v4l2Requestbuffers = struct("v4l2_requestbuffers", {
  count: u32,
  type: u32,
  memory: u32,
  capabilities: u32,
  flags: u8,
  reserved: array(u8, 3),
});

export const v4l2Plane = struct("v4l2_plane", {
  bytesused: u32,
  length: u32,
  m: union({ mem_offset: u32, userptr: ulong, fd: s32 }),
  data_offset: u32,
  reserved: array(u32, 11),
});

export const v4l2Buffer = struct("v4l2_buffer", {
  index: u32,
  type: u32,
  bytesused: u32,
  flags: u32,
  field: u32,
  timestamp: inner({ tv_sec: long, tv_usec: long }),
  timecode: inner({ type: u32, flags: u32, frames: u8, seconds: u8, minutes: u8, hours: u8, userbits: array(u8, 4) }),
  sequence: u32,
  memory: u32,
  m: union({ offset: u32, userptr: ulong, planes: pointer, fd: s32 }),
  length: u32,
  reserved2: u32,
  u: union({ request_fd: s32, reserved: u32 }),
});

export const v4l2Control = struct("v4l2_control", { id: u32, value: s32 });

export const v4l2Queryctrl = struct("v4l2_queryctrl", {
  id: u32,
  type: u32,
  name: array("char", 32),
  minimum: s32,
  maximum: s32,
  step: s32,
  default_value: s32,
  flags: u32,
  reserved: array(u32, 2),
});

export const v4l2QueryExtCtrl = struct("v4l2_query_ext_ctrl", {
  id: u32,
  type: u32,
  name: array("char", 32),
  minimum: s64,
  maximum: s64,
  step: "uint64_t",
  default_value: s64,
  flags: u32,
  elem_size: u32,
  elems: u32,
  nr_of_dims: u32,
  dims: array(u32, 4),
  reserved: array(u32, 32),
});

export const v4l2Querymenu = packed("v4l2_querymenu", {
  id: u32,
  index: u32,
  u: union({ name: array("char", 32), value: s64 }),
  reserved: u32,
});

export const v4l2ExtControl = packed("v4l2_ext_control", {
  id: u32,
  size: u32,
  reserved2: array(u32, 1),
  u: union({ value: s32, value64: s64, string: pointer, ptr: pointer }),
});

export const v4l2ExtControls = struct("v4l2_ext_controls", {
  which: u32,
  count: u32,
  error_idx: u32,
  request_fd: s32,
  reserved: array(u32, 1),
  controls: pointer,
});

export const v4l2EventSubscription = struct("v4l2_event_subscription", {
  type: u32,
  id: u32,
  flags: u32,
  reserved: array(u32, 5),
});

export const v4l2Event = struct("v4l2_event", {
  type: u32,
  u: union({
    ctrl: inner({
      changes: u32,
      type: u32,
      u: union({ value: s32, value64: s64 }),
      flags: u32,
      minimum: s32,
      maximum: s32,
      step: s32,
      default_value: s32,
    }),
    src_change: inner({ changes: u32 }),
    data: array(u8, 64),
  }),
  pending: u32,
  sequence: u32,
  timestamp: inner({ tv_sec: long, tv_nsec: long }),
  id: u32,
  reserved: array(u32, 8),
});

/** Every struct above with its size in bytes under the 64-bit ABIs. */
export const sizes64: ReadonlyMap<KernelStruct, number> = new Map([
  [v4l2Capability, 104],
  [v4l2Fmtdesc, 64],
  [v4l2Frmsizeenum, 44],
  [v4l2Frmivalenum, 52],
  [v4l2PixFormat, 48],
  [v4l2PlanePixFormat, 20],
  [v4l2PixFormatMplane, 192],
  [v4l2Format, 208],
  [v4l2Streamparm, 204],
  [v4l2Requestbuffers, 20],
  [v4l2Plane, 64],
  [v4l2Buffer, 88],
  [v4l2Control, 8],
  [v4l2Queryctrl, 68],
  [v4l2QueryExtCtrl, 232],
  [v4l2Querymenu, 44],
  [v4l2ExtControl, 20],
  [v4l2ExtControls, 32],
  [v4l2EventSubscription, 32],
  [v4l2Event, 136],
]);

/** Throws when the foreign-function library lays structs out as the kernel does not: better here than in a wrong ioctl. */
function assertLayout(): void {
  if (endianness() !== "LE") throw new Error("V4L2 access needs a little-endian machine");
  if (koffi.sizeof(pointer) !== 8) return;
  for (const [{ name, sizeBytes }, expected] of sizes64) {
    if (sizeBytes !== expected) throw new Error(`struct ${name} has ${sizeBytes} bytes, the kernel's has ${expected}`);
  }
}

assertLayout();
