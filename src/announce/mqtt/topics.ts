/** The topics of one camera. Those that end in `Set` are listened to, all others are published. */
export interface CameraTopics {
  /** `online` while the camera can be used, else `offline`; retained. */
  readonly availability: string;
  /** JSON: what it is doing and why; retained. */
  readonly state: string;
  /** JSON: rates and counts; retained. */
  readonly stats: string;
  /** JSON: addresses of its pictures and streams; retained. */
  readonly attributes: string;
  /** JSON: every control with its value and whether it can be set now; retained. */
  readonly controls: string;
  readonly controlsSet: string;
  readonly resetControlsSet: string;
  /** `ON` or `OFF`: whether it may be used at all; retained. */
  readonly enabled: string;
  readonly enabledSet: string;
  /** The preview, JPEG. */
  readonly image: string;
  /** The last picture that was asked for, JPEG. */
  readonly snapshot: string;
  readonly snapshotSet: string;
  readonly restartSet: string;
  /** `ON` or `OFF`; retained. */
  readonly motion: string;
  /** JSON with `event_type`; never retained. */
  readonly event: string;
  /** Where the control `name` is set. */
  controlSet(name: string): string;
}

/** The topics of the camera `id` below `base`. */
export function cameraTopics(base: string, id: string): CameraTopics {
  const at = `${base}/${id}`;
  return {
    availability: `${at}/availability`,
    state: `${at}/state`,
    stats: `${at}/stats`,
    attributes: `${at}/attributes`,
    controls: `${at}/controls`,
    controlsSet: `${at}/controls/set`,
    resetControlsSet: `${at}/reset-controls/set`,
    enabled: `${at}/enabled`,
    enabledSet: `${at}/enabled/set`,
    image: `${at}/image`,
    snapshot: `${at}/snapshot`,
    snapshotSet: `${at}/snapshot/set`,
    restartSet: `${at}/restart/set`,
    motion: `${at}/motion`,
    event: `${at}/event`,
    controlSet: (name) => `${at}/controls/${name}/set`,
  };
}

/** The topics of Sightline as such. */
export interface BridgeTopics {
  /** `online`, or `offline` (also as the will); retained. */
  readonly status: string;
  /** JSON: id, version, host, address and cameras; retained. */
  readonly bridge: string;
  /** What to subscribe to for every command. */
  readonly commands: readonly string[];
}

export function bridgeTopics(base: string): BridgeTopics {
  return {
    status: `${base}/status`,
    bridge: `${base}/bridge`,
    commands: [`${base}/+/+/set`, `${base}/+/controls/+/set`],
  };
}

/** Where Home Assistant looks for the device of a camera, or of the bridge itself (see {@link deviceNode}). */
export function discoveryTopic(prefix: string, bridgeId: string, objectId: string): string {
  return `${prefix}/device/${deviceNode(bridgeId)}/${objectId}/config`;
}

/** What makes our devices ours among all of the broker's; first part of every identifier in Home Assistant. */
export function deviceNode(bridgeId: string): string {
  return `sightline_${bridgeId}`;
}

/** The bridge's own device; no camera can be called this: ids have no `_`. */
export const bridgeObject = "_bridge";
