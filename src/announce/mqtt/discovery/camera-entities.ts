import type { CameraTopics } from "../topics.ts";
import { diagnostic, rare, setting, type Entity } from "./entity.ts";

const states = ["starting", "live", "stalled", "lost", "idle", "off"];

/** What the device of every camera shows, beside its controls. */
export const cameraEntities: readonly Entity<CameraTopics>[] = [
  {
    key: "camera",
    platform: "camera",
    doc: "The picture: a preview, a still every few seconds.",
    describe: ({ image, attributes }) => ({ name: null, topic: image, json_attributes_topic: attributes }),
  },
  {
    key: "enabled",
    platform: "switch",
    doc: "Privacy: off closes the camera, and nobody is shown anything, until it is switched on again; kept across restarts.",
    always: true,
    describe: ({ enabled, enabledSet }) => ({
      name: "Camera",
      icon: "mdi:cctv",
      state_topic: enabled,
      command_topic: enabledSet,
    }),
  },
  {
    key: "snapshot",
    platform: "image",
    doc: "The last picture that was asked for, in full size.",
    describe: ({ snapshot }) => ({ name: "Snapshot", image_topic: snapshot, content_type: "image/jpeg" }),
  },
  {
    key: "take_snapshot",
    platform: "button",
    doc: "Takes a picture now.",
    describe: ({ snapshotSet }) => ({ name: "Take snapshot", icon: "mdi:camera", command_topic: snapshotSet }),
  },
  {
    key: "motion",
    platform: "binary_sensor",
    doc: "Whether something moves; where movement detection is enabled.",
    needs: "motion",
    describe: ({ motion }) => ({ name: "Motion", device_class: "motion", state_topic: motion }),
  },
  {
    key: "motion_event",
    platform: "event",
    doc: "Beginning and end of movement; where movement detection is enabled.",
    needs: "motion",
    describe: ({ event }) => ({
      name: "Motion event",
      device_class: "motion",
      state_topic: event,
      event_types: ["motion_start", "motion_end"],
    }),
  },
  {
    key: "connected",
    platform: "binary_sensor",
    doc: "Whether the camera is there; unknown while it is switched off.",
    always: true,
    describe: ({ state }) => ({
      name: "Connected",
      device_class: "connectivity",
      state_topic: state,
      value_template: "{{ value_json.connected }}",
      ...diagnostic,
    }),
  },
  {
    key: "running",
    platform: "binary_sensor",
    doc: "Whether the camera is open and delivers pictures.",
    always: true,
    describe: ({ state }) => ({
      name: "Running",
      device_class: "running",
      state_topic: state,
      value_template: "{{ value_json.running }}",
      ...diagnostic,
    }),
  },
  {
    key: "state",
    platform: "sensor",
    doc: "What the camera is doing; its attributes say why and since when.",
    always: true,
    describe: ({ state }) => ({
      name: "State",
      icon: "mdi:state-machine",
      device_class: "enum",
      options: states,
      state_topic: state,
      value_template: "{{ value_json.state }}",
      json_attributes_topic: state,
      ...diagnostic,
    }),
  },
  statistic("fps", "Frame rate", "Frames a second, measured.", {
    unit_of_measurement: "fps",
    icon: "mdi:speedometer",
    state_class: "measurement",
    suggested_display_precision: 1,
  }),
  statistic("bitrate", "Bit rate", "Of what the camera delivers.", {
    unit_of_measurement: "kbit/s",
    device_class: "data_rate",
    state_class: "measurement",
    suggested_display_precision: 0,
  }),
  statistic("viewers", "Viewers", "How many watch its live picture now.", {
    icon: "mdi:eye",
    state_class: "measurement",
  }),
  statistic("resolution", "Resolution", "Width and height in pixels.", { icon: "mdi:aspect-ratio" }),
  statistic("codec", "Codec", "What the camera delivers.", { icon: "mdi:file-video", ...rare }),
  statistic("dropped", "Dropped frames", "Frames that went no further, since Sightline was started.", {
    icon: "mdi:image-broken-variant",
    state_class: "total_increasing",
    ...rare,
  }),
  {
    ...statistic("last_error", "Last error", "Why the camera failed last; unknown where it never did.", {
      icon: "mdi:alert-circle-outline",
    }),
    always: true,
  },
  {
    key: "restart",
    platform: "button",
    doc: "Closes the camera and opens it again.",
    always: true,
    describe: ({ restartSet }) => ({
      name: "Restart capture",
      device_class: "restart",
      command_topic: restartSet,
      ...setting,
    }),
  },
  {
    key: "reset_controls",
    platform: "button",
    doc: "All controls as they are after a fresh start: the driver's defaults and the configuration's values.",
    needs: "controls",
    describe: ({ resetControlsSet }) => ({
      name: "Controls to default",
      icon: "mdi:restore",
      command_topic: resetControlsSet,
      ...setting,
    }),
  },
];

/** A sensor that shows one member of the statistics. */
function statistic(key: string, name: string, doc: string, keys: object): Entity<CameraTopics> {
  return {
    key,
    platform: "sensor",
    doc,
    describe: ({ stats }) => ({
      name,
      state_topic: stats,
      value_template: `{{ value_json.${key} }}`,
      ...keys,
      ...diagnostic,
    }),
  };
}
