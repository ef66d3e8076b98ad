import { isReadable, type ControlDescriptor, type RawControlValue } from "./control-descriptor.ts";
import {
  isDriverError,
  type ControlDriver,
  type ControlPayload,
  type ControlTarget,
  type DriverError,
} from "./control-driver.ts";

function payloadOf(control: ControlDescriptor): ControlPayload {
  if (control.type === "integer64") return { kind: "int64" };
  return control.type === "string" ? { kind: "string", sizeBytes: Number(control.maximum) + 1 } : { kind: "int32" };
}

function targetOf(control: ControlDescriptor): ControlTarget {
  return { id: control.id, payload: payloadOf(control) };
}

/** The driver knows only the plain ioctl, which carries 32 bits. */
function needsPlainIoctl(error: unknown, control: ControlDescriptor): boolean {
  return isDriverError(error, "ENOTTY") && payloadOf(control).kind === "int32";
}

/** Bitmasks come as signed 32 bits. */
function normalize(control: ControlDescriptor, raw: RawControlValue): RawControlValue {
  return control.type === "bitmask" && typeof raw === "bigint" ? BigInt.asUintN(32, raw) : raw;
}

/** The control's value now. Rejects with DriverError. */
async function readControl(driver: ControlDriver, control: ControlDescriptor): Promise<RawControlValue> {
  try {
    const [raw] = await driver.getExtended([targetOf(control)]);
    return normalize(control, raw ?? 0n);
  } catch (error) {
    if (!needsPlainIoctl(error, control)) throw error;
    return normalize(control, await driver.get(control.id));
  }
}

/** Errors that concern the one control; anything else (ENODEV, say) concerns the camera. */
const refusals = ["EINVAL", "ENOTTY", "EACCES", "EBUSY", "ERANGE", "EILSEQ", "ENOSPC", "ENODATA"].concat(
  // A USB camera's ways to say no.
  ["EIO", "EPIPE", "EPROTO", "EREMOTEIO", "ETIMEDOUT"],
);

/** Whether the error is the driver's no to one control rather than the loss of the camera. */
export function isRefusal(error: unknown): error is DriverError {
  return isDriverError(error, ...refusals);
}

async function readOneByOne(
  driver: ControlDriver,
  controls: readonly ControlDescriptor[],
): Promise<Map<number, RawControlValue>> {
  const values = new Map<number, RawControlValue>();
  for (const control of controls) {
    try {
      values.set(control.id, await readControl(driver, control));
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return values;
}

/**
 * The values of all readable controls by id, in one ioctl where the driver lets it; one that cannot be read now is left
 * out. Rejects with DriverError when the camera is gone.
 */
export async function readControls(
  driver: ControlDriver,
  controls: readonly ControlDescriptor[],
): Promise<ReadonlyMap<number, RawControlValue>> {
  const readable = controls.filter(isReadable);
  if (readable.length === 0) return new Map();
  try {
    const values = await driver.getExtended(readable.map(targetOf));
    return new Map(readable.map((control, index) => [control.id, normalize(control, values[index] ?? 0n)]));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return readOneByOne(driver, readable);
  }
}

/** Sets one control. Rejects with DriverError. */
export async function writeControl(
  driver: ControlDriver,
  control: ControlDescriptor,
  raw: RawControlValue,
): Promise<void> {
  try {
    await driver.setExtended(targetOf(control), raw);
  } catch (error) {
    if (!needsPlainIoctl(error, control) || typeof raw !== "bigint") throw error;
    await driver.set(control.id, raw);
  }
}

/** Whether the driver says beforehand that it will not take `raw` (a value it alone knows to be wrong). */
export async function wouldRefuse(
  driver: ControlDriver,
  control: ControlDescriptor,
  raw: RawControlValue,
): Promise<boolean> {
  if (control.type === "button") return false;
  try {
    await driver.tryExtended(targetOf(control), raw);
    return false;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.code === "EINVAL" || error.code === "ERANGE" || error.code === "EILSEQ";
  }
}
