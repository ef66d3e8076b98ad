import type { CameraControl } from "../../../hub/camera-controls.ts";
import { bridgeTopics, cameraTopics, deviceNode } from "../topics.ts";
import { bridgeEntities } from "./bridge-entities.ts";
import { cameraEntities } from "./camera-entities.ts";
import { controlComponents } from "./control-entities.ts";

/** One entity as Home Assistant is told of it: `platform` and the platform's own keys. */
export type Component = Readonly<Record<string, unknown>> & { readonly platform: string };

/** What is published, as JSON, for one device. Home Assistant refuses all of it for any further key at this level. */
export interface DeviceConfig {
  readonly device: Readonly<Record<string, unknown>>;
  readonly origin: Readonly<Record<string, string>>;
  readonly availability: readonly Availability[];
  readonly availability_mode: "all";
  readonly components: Readonly<Record<string, Component>>;
}

/** Where it is said whether an entity can be used; `online` and `offline` unless a template makes them of something else. */
export interface Availability {
  readonly topic: string;
  readonly value_template?: string;
}

/** Which Sightline announces. */
export interface BridgeIdentity {
  /** Lower-case letters and digits; never changes. */
  readonly id: string;
  /** Of the machine. */
  readonly hostName: string;
  readonly version: string;
  /** Where people find its page; undefined where nobody but this machine can. */
  readonly url: string | undefined;
  /** `mqtt.baseTopic`. */
  readonly baseTopic: string;
}

/** One camera to announce. */
export interface CameraIdentity {
  readonly id: string;
  readonly name: string;
  readonly source: "v4l2" | "command" | "test-pattern";
  /** Whether somebody looks for movement. */
  readonly hasMotion: boolean;
  /** Undefined: not known, for the camera cannot be asked now; none: empty. */
  readonly controls: readonly CameraControl[] | undefined;
}

const models: Readonly<Record<CameraIdentity["source"], string>> = {
  v4l2: "Camera (V4L2)",
  command: "Camera (command)",
  "test-pattern": "Test pattern",
};

/**
 * The device of one camera. While its controls are not known, those of `earlier` stay as they were: a camera that is away
 * for now has not lost them.
 */
export function describeCameraDevice(
  bridge: BridgeIdentity,
  camera: CameraIdentity,
  earlier: Readonly<Record<string, Component>> = {},
): DeviceConfig {
  const { baseTopic, id } = bridge;
  const topics = cameraTopics(baseTopic, camera.id);
  const node = `${deviceNode(id)}_${camera.id}`;
  const bridgeOnline = [{ topic: bridgeTopics(baseTopic).status }];
  const availability = [...bridgeOnline, { topic: topics.availability }];
  const slug = camera.id.replaceAll("-", "_");
  const hasControls = camera.controls ? camera.controls.length > 0 : "reset_controls" in earlier;
  const wanted = cameraEntities.filter(
    ({ needs }) => needs === undefined || (needs === "motion" ? camera.hasMotion : hasControls),
  );
  const own = wanted.map(({ key, platform, always, describe }): [string, Component] => [
    key,
    {
      platform,
      unique_id: `${node}_${key}`,
      default_entity_id: `${platform}.${key === "camera" ? slug : `${slug}_${key}`}`,
      ...describe(topics),
      ...(always && { availability: bridgeOnline }),
    },
  ]);
  const controls = camera.controls
    ? controlComponents(camera.controls, { topics, node, slug, availability })
    : Object.entries(earlier).filter(([key]) => key.startsWith("control_"));
  return {
    device: {
      identifiers: [node],
      name: camera.name,
      manufacturer: "Sightline",
      model: models[camera.source],
      sw_version: bridge.version,
      via_device: deviceNode(id),
      ...(bridge.url !== undefined && { configuration_url: bridge.url }),
    },
    origin: describeOrigin(bridge),
    availability,
    availability_mode: "all",
    components: Object.fromEntries([...own, ...controls]),
  };
}

/** The device of Sightline itself, which the cameras' devices refer to. */
export function describeBridgeDevice(bridge: BridgeIdentity): DeviceConfig {
  const topics = bridgeTopics(bridge.baseTopic);
  const node = deviceNode(bridge.id);
  const components = bridgeEntities.map(({ key, platform, always, describe }): [string, Component] => [
    key,
    {
      platform,
      unique_id: `${node}_${key}`,
      default_entity_id: `${platform}.sightline_${key}`,
      ...describe(topics),
      // Whether it is there is what this one tells: it must not be unavailable when it is not.
      ...(always && { availability: [] }),
    },
  ]);
  return {
    device: {
      identifiers: [node],
      name: `Sightline on ${bridge.hostName}`,
      manufacturer: "Sightline",
      model: "Sightline",
      sw_version: bridge.version,
      ...(bridge.url !== undefined && { configuration_url: bridge.url }),
    },
    origin: describeOrigin(bridge),
    availability: [{ topic: topics.status }],
    availability_mode: "all",
    components: Object.fromEntries(components),
  };
}

function describeOrigin({ version }: BridgeIdentity): Readonly<Record<string, string>> {
  return { name: "Sightline", sw_version: version };
}
