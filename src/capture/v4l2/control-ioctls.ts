import type { RawControlValue } from "../controls/control-descriptor.ts";
import type { ControlDriver, ControlPayload, ControlQuery, ControlTarget } from "../controls/control-driver.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { IoctlRequest } from "./libc.ts";
import {
  VIDIOC_G_CTRL,
  VIDIOC_G_EXT_CTRLS,
  VIDIOC_QUERYCTRL,
  VIDIOC_QUERYMENU,
  VIDIOC_QUERY_EXT_CTRL,
  VIDIOC_S_CTRL,
  VIDIOC_S_EXT_CTRLS,
  VIDIOC_SUBSCRIBE_EVENT,
  VIDIOC_TRY_EXT_CTRLS,
} from "./requests.ts";
import {
  v4l2Control,
  v4l2EventSubscription,
  v4l2ExtControl,
  v4l2ExtControls,
  v4l2QueryExtCtrl,
  v4l2Queryctrl,
  v4l2Querymenu,
} from "./structs.ts";
import { V4L2_EVENT_CTRL } from "./videodev2.ts";

/** One ioctl on the node, its struct's bytes read and written in place. Rejects with SystemCallError. */
export type ControlIoctl = (request: IoctlRequest, argument: Buffer) => Promise<void>;

/** Bytes that `struct v4l2_ext_control.string` points to: always room for the NUL. */
function stringBuffer(payload: ControlPayload, value: RawControlValue | undefined): Buffer | undefined {
  if (payload.kind !== "string") return undefined;
  const bytes = Buffer.alloc(payload.sizeBytes);
  if (typeof value === "string") bytes.write(value, 0, payload.sizeBytes - 1, "utf8");
  return bytes;
}

/** The array of struct v4l2_ext_control behind a struct v4l2_ext_controls, with the text its members point to. */
class ExtendedControls {
  readonly #targets: readonly ControlTarget[];
  readonly #entries: Buffer;
  readonly #texts: (Buffer | undefined)[] = [];
  readonly #header = new StructBuffer(v4l2ExtControls);

  constructor(targets: readonly ControlTarget[], values: readonly RawControlValue[] = []) {
    this.#targets = targets;
    this.#entries = Buffer.alloc(targets.length * v4l2ExtControl.sizeBytes);
    // `which` stays V4L2_CTRL_WHICH_CUR_VAL (0): controls of all classes in one call.
    this.#header.setUint32("count", targets.length).setPointer("controls", this.#entries);
    for (const [index, { id, payload }] of targets.entries()) {
      const value = values[index];
      const entry = this.#entry(index).setUint32("id", id);
      const text = stringBuffer(payload, value);
      this.#texts.push(text);
      if (text) entry.setUint32("size", text.length).setPointer("u.string", text);
      else if (payload.kind === "int64") entry.setInt64("u.value64", BigInt(value ?? 0n));
      else entry.setInt32("u.value", Number(BigInt.asIntN(32, BigInt(value ?? 0n))));
    }
  }

  #entry(index: number): StructBuffer {
    const size = v4l2ExtControl.sizeBytes;
    return new StructBuffer(v4l2ExtControl, this.#entries.subarray(index * size, (index + 1) * size));
  }

  async send(ioctl: ControlIoctl, request: IoctlRequest): Promise<RawControlValue[]> {
    await ioctl(request, this.#header.bytes);
    return this.#targets.map(({ payload }, index) => this.#value(payload, index));
  }

  #value(payload: ControlPayload, index: number): RawControlValue {
    const text = this.#texts[index];
    if (text) return text.toString("utf8", 0, text.indexOf(0) < 0 ? text.length : text.indexOf(0));
    const entry = this.#entry(index);
    return payload.kind === "int64" ? entry.int64("u.value64") : BigInt(entry.int32("u.value"));
  }
}

async function queryExtended(ioctl: ControlIoctl, id: number): Promise<ControlQuery> {
  const query = new StructBuffer(v4l2QueryExtCtrl).setUint32("id", id);
  await ioctl(VIDIOC_QUERY_EXT_CTRL, query.bytes);
  const dimensionCount = Math.min(query.uint32("nr_of_dims"), 4);
  return {
    id: query.uint32("id"),
    type: query.uint32("type"),
    label: query.text("name"),
    minimum: query.int64("minimum"),
    maximum: query.int64("maximum"),
    step: query.uint64("step"),
    default: query.int64("default_value"),
    flags: query.uint32("flags"),
    dimensions: Array.from({ length: dimensionCount }, (_, index) => query.uint32(`dims[${index}]`)),
  };
}

async function queryPlain(ioctl: ControlIoctl, id: number): Promise<ControlQuery> {
  const query = new StructBuffer(v4l2Queryctrl).setUint32("id", id);
  await ioctl(VIDIOC_QUERYCTRL, query.bytes);
  return {
    id: query.uint32("id"),
    type: query.uint32("type"),
    label: query.text("name"),
    minimum: BigInt(query.int32("minimum")),
    maximum: BigInt(query.int32("maximum")),
    step: BigInt(query.int32("step")),
    default: BigInt(query.int32("default_value")),
    flags: query.uint32("flags"),
    dimensions: [],
  };
}

/** The control ioctls as struct bytes over `ioctl`, which is bound to one open node. */
export function createControlDriver(ioctl: ControlIoctl): ControlDriver {
  const send = (request: IoctlRequest, targets: readonly ControlTarget[], values?: readonly RawControlValue[]) =>
    new ExtendedControls(targets, values).send(ioctl, request);
  return {
    queryExtended: (id) => queryExtended(ioctl, id),
    query: (id) => queryPlain(ioctl, id),
    async queryMenu(id, index) {
      const menu = new StructBuffer(v4l2Querymenu).setUint32("id", id).setUint32("index", index);
      await ioctl(VIDIOC_QUERYMENU, menu.bytes);
      return { label: menu.text("u.name"), value: menu.int64("u.value") };
    },
    getExtended: (targets) => send(VIDIOC_G_EXT_CTRLS, targets),
    async get(id) {
      const control = new StructBuffer(v4l2Control).setUint32("id", id);
      await ioctl(VIDIOC_G_CTRL, control.bytes);
      return BigInt(control.int32("value"));
    },
    async tryExtended(target, value) {
      await send(VIDIOC_TRY_EXT_CTRLS, [target], [value]);
    },
    async setExtended(target, value) {
      await send(VIDIOC_S_EXT_CTRLS, [target], [value]);
    },
    async set(id, value) {
      const number = Number(BigInt.asIntN(32, value));
      await ioctl(VIDIOC_S_CTRL, new StructBuffer(v4l2Control).setUint32("id", id).setInt32("value", number).bytes);
    },
    async subscribe(id) {
      const subscription = new StructBuffer(v4l2EventSubscription)
        .setUint32("type", V4L2_EVENT_CTRL)
        .setUint32("id", id);
      await ioctl(VIDIOC_SUBSCRIBE_EVENT, subscription.bytes);
    },
  };
}
