import type { RawControlValue } from "./control-descriptor.ts";

/** One struct v4l2_query_ext_ctrl (or v4l2_queryctrl, widened). */
export interface ControlQuery {
  readonly id: number;
  /** V4L2_CTRL_TYPE_… */
  readonly type: number;
  readonly label: string;
  readonly minimum: bigint;
  readonly maximum: bigint;
  readonly step: bigint;
  readonly default: bigint;
  /** V4L2_CTRL_FLAG_… */
  readonly flags: number;
  /** The used part of `dims`. */
  readonly dimensions: readonly number[];
}

/** One struct v4l2_querymenu: menus use `label`, integer menus `value`. */
interface MenuQuery {
  readonly label: string;
  readonly value: bigint;
}

/** How a control's value travels: 32 bits, 64 bits, or text of at most `sizeBytes` with its NUL. */
export type ControlPayload =
  | { readonly kind: "int32" }
  | { readonly kind: "int64" }
  | { readonly kind: "string"; readonly sizeBytes: number };

/** Which control, and how its value travels. */
export interface ControlTarget {
  readonly id: number;
  readonly payload: ControlPayload;
}

/** What a driver says no with; `code` is the name of its errno. */
export interface DriverError extends Error {
  readonly code: string;
}

/** Whether `error` comes from the driver with one of these codes. */
export function isDriverError(error: unknown, ...codes: readonly string[]): error is DriverError {
  return error instanceof Error && "code" in error && codes.some((code) => code === error.code);
}

/**
 * The control ioctls of one open camera, or what answers as they do; every method rejects with {@link DriverError} and none
 * blocks the event loop.
 */
export interface ControlDriver {
  /** VIDIOC_QUERY_EXT_CTRL; `id` may carry V4L2_CTRL_FLAG_NEXT_…. */
  queryExtended(id: number): Promise<ControlQuery>;
  /** VIDIOC_QUERYCTRL, for drivers without the above. */
  query(id: number): Promise<ControlQuery>;
  /** VIDIOC_QUERYMENU; EINVAL where the menu has no such entry. */
  queryMenu(id: number, index: number): Promise<MenuQuery>;
  /** VIDIOC_G_EXT_CTRLS: all of them or an error. */
  getExtended(targets: readonly ControlTarget[]): Promise<RawControlValue[]>;
  /** VIDIOC_G_CTRL. */
  get(id: number): Promise<bigint>;
  /** VIDIOC_TRY_EXT_CTRLS: an error when the driver would not take the value. */
  tryExtended(target: ControlTarget, value: RawControlValue): Promise<void>;
  /** VIDIOC_S_EXT_CTRLS. */
  setExtended(target: ControlTarget, value: RawControlValue): Promise<void>;
  /** VIDIOC_S_CTRL. */
  set(id: number, value: bigint): Promise<void>;
  /** VIDIOC_SUBSCRIBE_EVENT: from now on an event tells when somebody else changes the control. */
  subscribe(id: number): Promise<void>;
}

/** An open camera's driver, which knows which camera it is. */
export interface CameraDriver extends ControlDriver {
  /** The same for the same physical camera after every replug and restart, and no other's. Rejects with DriverError. */
  identity(): Promise<string>;
}

/** Lends the driver of one camera to one caller after the other. */
export interface DriverLender {
  /**
   * Runs `work` when all before it is done, on a camera opened for it alone where it is not open. What the driver says no
   * with becomes a DeviceError, all else stays what it is.
   */
  lend<T>(work: (driver: CameraDriver) => Promise<T>): Promise<T>;
  /** Like {@link lend}, but does nothing where the camera is not open for long. */
  lendIfOpen(work: (driver: CameraDriver) => Promise<void>): Promise<void>;
}
