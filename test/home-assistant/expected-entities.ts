import { bridgeEntities } from "../../src/announce/mqtt/discovery/bridge-entities.ts";
import { cameraEntities } from "../../src/announce/mqtt/discovery/camera-entities.ts";
import {
  describeBridgeDevice,
  describeCameraDevice,
  type BridgeIdentity,
  type CameraIdentity,
  type Component,
  type DeviceConfig,
} from "../../src/announce/mqtt/discovery/device-config.ts";
import type { CameraControl } from "../../src/hub/camera-controls.ts";

/** What Sightline's own API says of a camera: the members that Home Assistant shows, too. */
export interface CameraView extends Pick<CameraIdentity, "id" | "name" | "source"> {
  readonly state: string;
  readonly since: string;
  readonly enabled: boolean;
  readonly format: { readonly pixelFormat: string; readonly width: number; readonly height: number } | null;
  readonly fps: number;
  readonly lastError: string | null;
  readonly viewers: number;
  readonly restarts: number;
  readonly controls: readonly CameraControl[];
  readonly hasMotion: boolean;
}

/** An entity as Home Assistant should have it. */
export interface ExpectedEntity {
  readonly unique_id: string;
  readonly entity_id: string;
  readonly original_name: string | null;
  readonly entity_category: string | null;
  readonly disabled_by: string | null;
  /** A pattern where the exact words are not ours, or change all the time. */
  readonly state: string | RegExp;
}

/** A device as Home Assistant should have it. */
export interface ExpectedDevice {
  readonly config: DeviceConfig;
  readonly entities: readonly ExpectedEntity[];
}

/** What was never pressed or taken is unknown; afterwards it is the moment when. */
const moment = /^(unknown|\d{4}-\d\d-\d\dT[\d:.]+\+00:00)$/;
const count = /^\d+(\.\d)?$/;
/** Camera states in which what it shows and does can be had. */
const present = ["starting", "live", "stalled", "idle"];

/** By entity: its state while it is available. */
const cameraStates: Readonly<Record<string, (camera: CameraView) => string | RegExp>> = {
  camera: () => "idle", // Home Assistant's word for: neither a stream nor a recording
  enabled: ({ enabled }) => onOrOff(enabled),
  snapshot: () => moment,
  take_snapshot: () => moment,
  motion: () => "unknown", // nobody looks for movement yet
  motion_event: () => "unknown",
  connected: ({ state }) => (state === "off" ? "unknown" : onOrOff(state !== "lost")),
  running: ({ state }) => onOrOff(state === "live"),
  state: ({ state }) => state,
  fps: ({ state }) => (state === "idle" ? "0" : count),
  bitrate: ({ state }) => (state === "idle" ? "0" : count),
  viewers: ({ viewers }) => String(viewers),
  resolution: ({ format }) => (format ? `${format.width}x${format.height}` : "unknown"),
  codec: ({ format }) => format?.pixelFormat ?? "unknown",
  dropped: () => count,
  last_error: ({ lastError }) => lastError ?? "unknown", // it never failed
  restart: () => moment,
  reset_controls: () => moment,
};

const bridgeStates: Readonly<Record<string, (bridge: BridgeIdentity, cameras: number) => string | RegExp>> = {
  connection: () => "on",
  version: ({ version }) => version,
  cameras: (_, cameras) => String(cameras),
  started: () => /^\d{4}-\d\d-\d\dT[\d:]+\+00:00$/,
};

/** The device of Sightline itself, with all that the tables of entities say. */
export function expectBridge(bridge: BridgeIdentity, cameras: number): ExpectedDevice {
  const config = describeBridgeDevice(bridge);
  const entities = bridgeEntities.map(({ key }) =>
    expectEntity(componentOf(config, key), valueOf(bridgeStates, key)(bridge, cameras)),
  );
  return { config, entities };
}

/** The device of a camera, with all that the tables of entities and its controls say. */
export function expectCamera(bridge: BridgeIdentity, camera: CameraView): ExpectedDevice {
  const config = describeCameraDevice(bridge, camera);
  const isPresent = present.includes(camera.state);
  const own = cameraEntities
    .filter(({ needs }) => needs !== "motion" || camera.hasMotion)
    .map(({ key, always }) => {
      const state = valueOf(cameraStates, key)(camera);
      return expectEntity(componentOf(config, key), isPresent || always ? state : "unavailable");
    });
  const controls = camera.controls.map((control) =>
    expectEntity(componentOf(config, `control_${control.name}`), isPresent ? stateOf(control) : "unavailable"),
  );
  return { config, entities: [...own, ...controls] };
}

function stateOf(control: CameraControl): string | RegExp {
  const { type, value, menu, inactive, grabbed, volatile } = control;
  if (inactive || grabbed) return "unavailable";
  if (type === "button") return moment;
  if (volatile) return count;
  if (typeof value === "boolean") return onOrOff(value);
  if (menu) return menu.find((entry) => entry.value === value)?.label ?? "unknown";
  return Number(value) < 0 ? new RegExp(`^${value}(\\.0)?$`) : String(value); // negative numbers are fractions to Home Assistant
}

function expectEntity(component: Component, state: string | RegExp): ExpectedEntity {
  const text = (key: string): string | null => (component[key] as string | null | undefined) ?? null;
  return {
    unique_id: text("unique_id") ?? "",
    entity_id: text("default_entity_id") ?? "",
    original_name: text("name"),
    entity_category: text("entity_category"),
    disabled_by: component["enabled_by_default"] === false ? "integration" : null,
    state,
  };
}

function componentOf({ components }: DeviceConfig, key: string): Component {
  const component = components[key];
  if (!component) throw new Error(`nothing is announced as ${key}`);
  return component;
}

/** An entity that is new in the tables needs a line here. */
function valueOf<T>(states: Readonly<Record<string, T>>, key: string): T {
  const state = states[key];
  if (!state) throw new Error(`no expectation for ${key}`);
  return state;
}

function onOrOff(is: boolean): string {
  return is ? "on" : "off";
}
