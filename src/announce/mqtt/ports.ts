import type { ControlsPort } from "../../hub/camera-controls.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import type { CameraSwitch } from "../../hub/camera-switch.ts";
import type { ViewersPort } from "../../hub/viewers-port.ts";

/** A JPEG with its size. */
export interface Picture {
  readonly bytes: Buffer;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * Makes a JPEG at most `maxWidth` pixels wide and `maxBytes` long, the same one where it is that already. Rejects when it
 * cannot be decoded, or made that small.
 */
export type FitPicture = (picture: Picture, bounds: PictureBounds) => Promise<Picture>;

export interface PictureBounds {
  /** Pixels; absent: as wide as it is. */
  readonly maxWidth?: number;
  readonly maxBytes: number;
}

/** Movement as the detector tells it. */
export interface MotionPort {
  /** Calls `listener` whenever movement begins or ends; the returned function ends that. */
  onChange(listener: (cameraId: string, isMoving: boolean) => void): () => void;
}

/** The rest of Sightline, as MQTT uses it. */
export interface CameraPorts {
  readonly registry: CameraRegistry;
  readonly viewers: ViewersPort;
  readonly switches: CameraSwitch;
  /** Undefined for cameras without controls. */
  readonly controls: (cameraId: string) => ControlsPort | undefined;
  readonly fit: FitPicture;
  /** Whether movement detection is enabled for this camera. */
  readonly hasMotion: (cameraId: string) => boolean;
  /** Undefined while there is no detector: then movement is unknown. */
  readonly motion?: MotionPort;
  /** Whether cameras that are gone may come back: they are kept in Home Assistant. */
  readonly keepsAbsent: boolean;
  /** Where people and programs reach the HTTP server, without a slash at the end; undefined where they cannot. */
  readonly url: () => string | undefined;
}
