import type { ControlMenuEntry, ControlType } from "../../hub/camera-controls.ts";
import type { ControlDescriptor } from "./control-descriptor.ts";
import { isDriverError, type ControlDriver, type ControlQuery } from "./control-driver.ts";
import { uniqueControlNames } from "./control-names.ts";
import {
  compoundTypeName,
  controlClassType,
  controlFlag,
  nextCompound,
  nextControl,
  toControlType,
} from "./control-types.ts";

/** More controls than any driver has: the end of a driver that never says EINVAL. */
const maxControls = 1024;
/** More entries than a menu needs: a nonsense maximum must not keep us asking. */
const maxMenuEntries = 1024;
/** V4L2_CID_BASE to V4L2_CID_LASTP1, and V4L2_CID_PRIVATE_BASE: all there is where NEXT_CTRL is unknown. */
const firstUserControl = 0x00980900;
const endOfUserControls = firstUserControl + 44;
const firstPrivateControl = 0x08000000;

type Query = (id: number) => Promise<ControlQuery>;

/** `undefined` where the driver says that there is no such thing. */
async function ask<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDriverError(error, "EINVAL", "ENOTTY")) return undefined;
    throw error;
  }
}

/** All controls in the driver's order, by the `next` flags; empty where the driver does not know those. */
async function walk(query: Query, next: number): Promise<ControlQuery[]> {
  const found: ControlQuery[] = [];
  let last = 0;
  while (found.length < maxControls) {
    const control = await ask(query((last | next) >>> 0));
    if (control === undefined || control.id <= last) break;
    found.push(control);
    last = control.id;
  }
  return found;
}

/** Drivers older than NEXT_CTRL: every user control by its number, then the private ones up to the first gap. */
async function scan(query: Query): Promise<ControlQuery[]> {
  const found: ControlQuery[] = [];
  for (let id = firstUserControl; id < endOfUserControls; id += 1) {
    const control = await ask(query(id));
    if (control) found.push(control);
  }
  for (let id = firstPrivateControl; id < firstPrivateControl + maxControls; id += 1) {
    const control = await ask(query(id));
    if (!control) break;
    found.push(control);
  }
  return found;
}

async function queryAll(driver: ControlDriver): Promise<ControlQuery[]> {
  const extended = await walk((id) => driver.queryExtended(id), nextControl | nextCompound);
  if (extended.length > 0) return extended;
  const plain = await walk((id) => driver.query(id), nextControl);
  return plain.length > 0 ? plain : scan((id) => driver.query(id));
}

async function queryMenu(driver: ControlDriver, query: ControlQuery, type: ControlType): Promise<ControlMenuEntry[]> {
  const entries: ControlMenuEntry[] = [];
  const first = Math.max(0, Number(query.minimum));
  const last = Math.min(Number(query.maximum), first + maxMenuEntries - 1);
  for (let value = first; value <= last; value += 1) {
    const item = await ask(driver.queryMenu(query.id, value));
    if (item) entries.push({ value, label: type === "integer-menu" ? item.value.toString() : item.label });
  }
  return entries;
}

async function describe(driver: ControlDriver, query: ControlQuery, name: string): Promise<ControlDescriptor> {
  const type = toControlType(query.type, query.dimensions);
  const isBitmask = type === "bitmask";
  const { label, id, step, flags, dimensions } = query;
  return {
    name,
    label,
    id,
    type,
    compoundType: type === "compound" ? compoundTypeName(query.type) : undefined,
    dimensions,
    minimum: isBitmask ? 0n : query.minimum,
    maximum: isBitmask ? BigInt.asUintN(32, query.maximum) : query.maximum,
    step,
    default: isBitmask ? BigInt.asUintN(32, query.default) : query.default,
    flags,
    menu: type === "menu" || type === "integer-menu" ? await queryMenu(driver, query, type) : undefined,
  };
}

/** Every control of the node that is not disabled, in the driver's order. Rejects with DriverError. */
export async function listControls(driver: ControlDriver): Promise<ControlDescriptor[]> {
  const queries = (await queryAll(driver)).filter(
    ({ type, flags }) => type !== controlClassType && (flags & controlFlag.disabled) === 0,
  );
  const names = uniqueControlNames(queries);
  const controls: ControlDescriptor[] = [];
  for (const [index, query] of queries.entries()) controls.push(await describe(driver, query, names[index] ?? ""));
  return controls;
}
