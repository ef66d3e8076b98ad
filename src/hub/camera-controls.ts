/** A control's value. 64-bit integers beyond 2^53 and strings are strings; booleans are booleans; all else numbers. */
export type ControlValue = number | boolean | string;

/** V4L2 control types, named as in `enum v4l2_ctrl_type`. */
export type ControlType =
  | "integer"
  | "boolean"
  | "menu"
  | "integer-menu"
  | "button"
  | "integer64"
  | "bitmask"
  | "string"
  | "compound"; // listed with `compoundType` and `dimensions`, not settable

/** One entry of a menu. For `integer-menu`, `label` is the 64-bit integer in decimal. */
export interface ControlMenuEntry {
  readonly value: number;
  readonly label: string;
}

/** One control of a camera with what it may be set to and what it is at. */
export interface CameraControl {
  /** Normalised name: lower case, everything else one underscore, as v4l2-ctl prints it (`white_balance_automatic`). */
  readonly name: string;
  /** The driver's own words. */
  readonly label: string;
  /** V4L2_CID_… */
  readonly id: number;
  readonly type: ControlType;
  readonly minimum?: ControlValue;
  readonly maximum?: ControlValue;
  readonly step?: ControlValue;
  readonly default?: ControlValue;
  /** Absent for buttons, write-only and compound controls. */
  readonly value?: ControlValue;
  readonly menu?: readonly ControlMenuEntry[];
  readonly compoundType?: string;
  readonly dimensions?: readonly number[];
  /** Another control (auto exposure, say) has switched this one off for now. */
  readonly inactive: boolean;
  readonly readOnly: boolean;
  /** Can be set but not asked for. */
  readonly writeOnly?: boolean;
  /** Cannot be set for now because a stream or another program needs it as it is. */
  readonly grabbed?: boolean;
  /** The camera changes it by itself: `value` is of the moment it was asked. */
  readonly volatile?: boolean;
}

/** The controls of one camera, whether it is running or not. */
export interface ControlsPort {
  /** All controls; opens the device for a moment when it is not open. Throws DeviceError. */
  list(): Promise<readonly CameraControl[]>;
  /**
   * Sets by normalised name, remembers it for this very camera, also over replug and restart, and answers with what the
   * driver then says. Throws ConfigError (all mistakes at once, keys `controls.NAME`) when a name or value is wrong: then
   * nothing was set; and DeviceError.
   */
  set(values: Readonly<Record<string, ControlValue>>): Promise<readonly CameraControl[]>;
  /**
   * The camera's own defaults, then the config's values; what was set since is forgotten for good. Answers with what the
   * driver then says. Throws DeviceError.
   */
  toDefaults(): Promise<readonly CameraControl[]>;
  /**
   * `listener` gets all controls whenever something about them is no longer as it was last told: set by anybody through
   * this port, set when the camera is opened, or, while it is open, by another program or the camera itself. Values that
   * are `volatile` are no change. It must neither block nor throw. The answer ends it.
   */
  onChange(listener: ControlsListener): () => void;
}

/** Is told of all controls of a camera. */
export type ControlsListener = (controls: readonly CameraControl[]) => void;
