import type { BridgeTopics } from "../topics.ts";
import { diagnostic, rare, type Entity } from "./entity.ts";

/** What the device of Sightline itself shows. */
export const bridgeEntities: readonly Entity<BridgeTopics>[] = [
  {
    key: "connection",
    platform: "binary_sensor",
    doc: "Whether Sightline is there: its status topic, which the broker sets to `offline` when the connection is lost.",
    always: true,
    describe: ({ status }) => ({
      name: "Connection",
      device_class: "connectivity",
      state_topic: status,
      payload_on: "online",
      payload_off: "offline",
      ...diagnostic,
    }),
  },
  {
    key: "version",
    platform: "sensor",
    doc: "Version of Sightline.",
    describe: ({ bridge }) => ({
      name: "Version",
      state_topic: bridge,
      value_template: "{{ value_json.version }}",
      ...diagnostic,
    }),
  },
  {
    key: "cameras",
    platform: "sensor",
    doc: "How many cameras there are.",
    describe: ({ bridge }) => ({
      name: "Cameras",
      icon: "mdi:cctv",
      state_topic: bridge,
      value_template: "{{ value_json.cameras }}",
      state_class: "measurement",
      ...diagnostic,
    }),
  },
  {
    key: "started",
    platform: "sensor",
    doc: "When Sightline was started.",
    describe: ({ bridge }) => ({
      name: "Started",
      device_class: "timestamp",
      state_topic: bridge,
      value_template: "{{ value_json.started }}",
      ...diagnostic,
      ...rare,
    }),
  },
];
