import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDiscovery } from "../../../support/home-assistant-model/check-discovery.ts";
import type { JsonObject } from "../../../support/home-assistant-model/json.ts";
import { type ComponentId, frontDoor, frontDoorTopic, frontDoorWith, frontDoorWithComponent } from "./front-door.ts";

const { cmps, ...rest } = frontDoor;

test("a camera with a bit of everything is accepted", () => {
  assert.deepEqual(checkDiscovery(frontDoorTopic, JSON.stringify(frontDoor)), []);
  assert.deepEqual(checkDiscovery("home/assistant/device/bridge_1/front/config", JSON.stringify(frontDoor)), []);
});

test("an empty payload, and components reduced to their platform, are accepted", () => {
  assert.deepEqual(checkDiscovery(frontDoorTopic, Buffer.alloc(0)), []);
  assert.deepEqual(
    checkDiscovery(frontDoorTopic, JSON.stringify(frontDoorWith({ cmps: { motion: { p: "image" } } }))),
    [],
  );
});

const badTopics = [
  "homeassistant/device/front door/config",
  "homeassistant/camera/front/config",
  "device/front/config",
];
for (const topic of badTopics) {
  test(`topic ${topic} is refused`, () => {
    assert.deepEqual(checkDiscovery(topic, JSON.stringify(frontDoor)), [
      "topic: must be PREFIX/device/[NODE/]OBJECT/config, ids of a-z, A-Z, 0-9, _ and -",
    ]);
  });
}

const badMessages: readonly (readonly [string, string | Buffer, string])[] = [
  ["no JSON", "{", "payload: must be a JSON object"],
  ["a list", "[]", "payload: must be a JSON object"],
  ["no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "payload: must be a JSON object"],
  ["no device", without("dev"), "device: required"],
  ["no origin", without("o"), "origin: required"],
  ["no components", JSON.stringify(rest), "components: required"],
  ["a list of components", changed({ cmps: [] }), "components: must be an object"],
  ["a key of a component at the top", changed({ retain: true }), "retain: unknown key"],
  ["message expiry at the top", changed({ message_expiry_interval: 60 }), "message_expiry_interval: unknown key"],
  ["a topic base at the top", changed({ "~": "sightline" }), "~: unknown key"],
  ["a migration", changed({ migr_discvry: true }), "migrate_discovery: unknown key"],
  ["quality of service 3", changed({ qos: 3 }), "qos: must be one of 0, 1, 2"],
  ["quality of service as text", changed({ qos: "1" }), "qos: must be one of 0, 1, 2"],
  ["an unknown mode", changed({ avty_mode: "some" }), "availability_mode: must be one of all, any, latest"],
  [
    "both forms of availability",
    changed({ avty_t: "x", cmps: {} }),
    "availability: not together with availability_topic",
  ],
  ["availability without topic", changed({ avty: [{}] }), "availability.0.topic: required"],
  ["more in availability", changed({ avty: { t: "x", qos: 1 } }), "availability.0.qos: unknown key"],
  ["a device without id", changed({ dev: { name: "x" } }), "device: identifiers or connections required"],
  ["a device without name", changed({ dev: { ids: "x" } }), "device.name: required"],
  ["more in device", changed({ dev: { ids: "x", name: "x", icon: "x:y" } }), "device.icon: unknown key"],
  [
    "half a connection",
    changed({ dev: { cns: [["mac"]], name: "x" } }),
    "device.connections: must be a list of [type, value]",
  ],
  [
    "a file as the device's page",
    changed({ dev: { ids: "x", name: "x", cu: "file:///etc" } }),
    "device.configuration_url: must be a URL of http, https, homeassistant",
  ],
  ["a numeric version", changed({ dev: { ids: "x", name: "x", sw: 1 } }), "device.sw_version: must be a string"],
  ["an origin without name", changed({ o: { sw: "1" } }), "origin.name: required"],
  ["more in origin", changed({ o: { name: "x", cu: "http://x" } }), "origin.cu: unknown key"],
  ["a component that is text", changed({ cmps: { x: "camera" } }), "components.x: must be an object"],
  ["a component without platform", changed({ cmps: { x: { uniq_id: "x" } } }), "components.x.platform: required"],
  ["a stream", changed({ cmps: { x: { p: "stream" } } }), "components.x.platform: unknown platform"],
  ["a light", changed({ cmps: { x: { p: "light" } } }), "components.x.platform: light is not modelled"],
  ["no unique id", changed({ cmps: { x: { p: "camera", t: "x" } } }), "components.x.unique_id: required"],
  [
    "an id with a space",
    changed({ cmps: { "x y": { p: "camera" } } }),
    "components.x y: id must be of a-z, A-Z, 0-9, _ and -",
  ],
  [
    "an id twice",
    changed({ cmps: { x: { p: "camera", uniq_id: "x", t: "x" }, y: { p: "camera", uniq_id: "x", t: "x" } } }),
    "components.y.unique_id: used by another component",
  ],
];
for (const [name, payload, complaint] of badMessages) {
  test(`a message with ${name} is complained about`, () => {
    assert.deepEqual(checkDiscovery(frontDoorTopic, payload), [complaint]);
  });
}

const badComponents: readonly (readonly [ComponentId, Record<string, JsonObject[string] | undefined>, string])[] = [
  ["camera", { t: undefined }, "topic: required"],
  ["camera", { t: "" }, "topic: must not be empty"],
  ["camera", { t: "a/#/b" }, "topic: # must be the whole last level"],
  ["camera", { t: "a\u0007" }, "topic: must not contain a control character"],
  ["camera", { t: "é".repeat(32_768) }, "topic: must not be longer than 65535 bytes"],
  ["camera", { img_e: "base64" }, "image_encoding: must be one of b64"],
  ["camera", { stream_source: "rtsp://x" }, "stream_source: unknown key"],
  ["camera", { obj_id: "front" }, "object_id: gone since 2026.4, use default_entity_id"],
  ["camera", { def_ent_id: "front_door" }, "default_entity_id: must start with camera."],
  [
    "camera",
    { def_ent_id: "camera.Front" },
    "default_entity_id: must be lower-case letters, digits and _ after the dot",
  ],
  ["camera", { name: 1 }, "name: must be a string"],
  ["camera", { ic: "camera" }, "icon: must look like mdi:name"],
  ["camera", { en: "false" }, "enabled_by_default: must be true or false"],
  ["camera", { ent_cat: "system" }, "entity_category: must be one of config, diagnostic"],
  ["camera", { avty_t: "x" }, "availability: not together with availability_topic"],
  ["motion", { stat_t: undefined }, "state_topic: required"],
  ["motion", { dev_cla: "animal" }, `device_class: must be one of ${classesOfBinarySensor()}`],
  ["motion", { ent_cat: "config" }, "entity_category: config is for what can be set"],
  ["motion", { off_dly: -1 }, "off_delay: must be a whole number, 0 or more"],
  ["motion", { val_tpl: "{{ value" }, "value_template: unbalanced template"],
  ["fps", { ent_cat: "config" }, "entity_category: config is for what can be set"],
  ["fps", { stat_cla: "average" }, "state_class: must be one of measurement, total, total_increasing"],
  ["fps", { ops: ["a"] }, "options: only for device class enum"],
  ["fps", { lrst_val_tpl: "{{ value }}" }, "last_reset_value_template: only for state class total"],
  ["codec", { ops: undefined }, "options: required for device class enum"],
  ["codec", { ops: [] }, "options: must not be empty"],
  ["codec", { unit_of_meas: "x" }, "unit_of_measurement: not for device class enum"],
  ["codec", { stat_cla: "measurement" }, "state_class: measurement is not for device class enum"],
  ["rate", { unit_of_meas: "%" }, `unit_of_measurement: device class data_rate has ${unitsOfDataRate()}`],
  ["rate", { stat_cla: "total" }, "state_class: total is not for device class data_rate"],
  ["since", { unit_of_meas: "s" }, "unit_of_measurement: not for device class timestamp"],
  ["streaming", { cmd_t: undefined }, "command_topic: required"],
  ["streaming", { cmd_t: "a/+" }, "command_topic: must not contain a wildcard"],
  ["streaming", { ret: 1 }, "retain: must be true or false"],
  ["brightness", { max: 0 }, "max: must be more than min, 0"],
  ["brightness", { min: 300 }, "max: must be more than min, 300"],
  ["brightness", { step: 0 }, "step: must be 0.001 or more"],
  ["brightness", { mode: "dial" }, "mode: must be one of auto, box, slider"],
  ["brightness", { min: "0" }, "min: must be a number"],
  ["brightness", { "~": "a+b" }, "state_topic: + must be a whole level"],
  ["flicker", { ops: undefined }, "options: required"],
  ["flicker", { ops: ["50 Hz", "50 Hz"] }, "options: must not repeat an entry"],
  ["flicker", { ops: [50] }, "options: must be a list of strings"],
  ["restart", { dev_cla: "reboot" }, "device_class: must be one of identify, restart, update"],
  ["happened", { evt_typ: undefined }, "event_types: required"],
  ["happened", { dev_cla: "doorbell" }, "event_types: a doorbell must have ring"],
  ["last", { img_t: undefined, cont_type: undefined }, "image_topic: this or url_topic required"],
  ["last", { url_t: "x" }, "image_topic: not together with url_topic"],
  ["last", { img_t: undefined, url_t: "x" }, "content_type: not together with url_topic"],
];
for (const [id, changes, complaint] of badComponents) {
  test(`a component ${id} with ${Object.keys(changes).join(", ")} wrong: ${complaint.slice(0, 60)}`, () => {
    const [first, ...others] = checkDiscovery(frontDoorTopic, frontDoorWithComponent(id, changes));
    assert.equal(first, `components.${id}.${complaint}`);
    assert.ok(others.every((other) => other.startsWith(`components.${id}.`)));
  });
}

test("a shared option counts for every component", () => {
  const { stat_t: _, ...motion } = cmps.motion;
  assert.deepEqual(checkDiscovery(frontDoorTopic, changed({ stat_t: "x", cmps: { motion } })), []);
});

test("both forms of availability together, one of them shared, cost every component without its own", () => {
  assert.deepEqual(checkDiscovery(frontDoorTopic, frontDoorWithComponent("motion", { avty_t: "x" })), [
    "components.motion.availability: not together with availability_topic",
  ]);
});

function changed(changes: JsonObject): string {
  return JSON.stringify(frontDoorWith(changes));
}

function without(key: "dev" | "o"): string {
  return JSON.stringify({ ...frontDoor, [key]: undefined });
}

function classesOfBinarySensor(): string {
  return (
    "battery, battery_charging, carbon_monoxide, cold, connectivity, door, garage_door, gas, heat, light, lock, " +
    "moisture, motion, moving, occupancy, opening, plug, power, presence, problem, running, safety, smoke, sound, " +
    "tamper, update, vibration, window"
  );
}

function unitsOfDataRate(): string {
  return "bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s";
}
