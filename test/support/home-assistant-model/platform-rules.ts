import { classRules } from "./device-classes.ts";
import { type JsonObject, toText } from "./json.ts";

/** A rule between keys of one component: the key to complain about, and why. */
export type Conflict = readonly [key: string, reason: string];

/** The rules between keys that HA has for the component's platform. Shared options are merged in already. */
export function findConflicts(platform: string, component: JsonObject): readonly Conflict[] {
  return [...checkEntity(platform, component), ...(rulesByPlatform.get(platform)?.(component) ?? [])];
}

/** `DOMAIN.NAME`, where the domain is the platform. */
function checkEntity(platform: string, component: JsonObject): Conflict[] {
  const conflicts: Conflict[] = [];
  const id = component["default_entity_id"];
  if (typeof id === "string" && !/^(?!_)[a-z0-9_]+(?<!_)$/.test(id.slice(platform.length + 1))) {
    conflicts.push(["default_entity_id", "must be lower-case letters, digits and _ after the dot"]);
  }
  if (typeof id === "string" && !id.startsWith(`${platform}.`)) {
    conflicts.push(["default_entity_id", `must start with ${platform}.`]);
  }
  return conflicts;
}

const rulesByPlatform: ReadonlyMap<string, (component: JsonObject) => readonly Conflict[]> = new Map([
  ["binary_sensor", checkCategory],
  ["event", checkEvent],
  ["image", checkImage],
  ["number", checkNumber],
  ["sensor", checkSensor],
  ["text", checkText],
  ["update", checkUpdate],
]);

/** Something that only reports cannot be a setting. */
function checkCategory(component: JsonObject): readonly Conflict[] {
  return component["entity_category"] === "config" ? [["entity_category", "config is for what can be set"]] : [];
}

function checkEvent({ device_class: deviceClass, event_types: types }: JsonObject): readonly Conflict[] {
  const rings = Array.isArray(types) && types.includes("ring");
  return deviceClass === "doorbell" && !rings ? [["event_types", "a doorbell must have ring"]] : [];
}

function checkImage(component: JsonObject): readonly Conflict[] {
  const image = "image_topic" in component;
  const url = "url_topic" in component;
  if (!image && !url) return [["image_topic", "this or url_topic required"]];
  if (image && url) return [["image_topic", "not together with url_topic"]];
  return url && "content_type" in component ? [["content_type", "not together with url_topic"]] : [];
}

function checkNumber(component: JsonObject): readonly Conflict[] {
  const min = component["min"] ?? 1;
  const max = component["max"] ?? 100;
  const ordered = typeof min !== "number" || typeof max !== "number" || min < max;
  return [...(ordered ? [] : [["max", `must be more than min, ${min}`] as const]), ...checkUnit(component)];
}

function checkText({ min = 0, max = 255 }: JsonObject): readonly Conflict[] {
  if (typeof min !== "number" || typeof max !== "number") return [];
  if (max > 255) return [["max", "must be 255 or less"]];
  return min < max ? [] : [["max", `must be more than min, ${min}`]];
}

/** HA's install service fails on an update entity that takes commands without a payload for them. */
function checkUpdate(component: JsonObject): readonly Conflict[] {
  return "command_topic" in component && !("payload_install" in component)
    ? [["payload_install", "required with command_topic"]]
    : [];
}

function checkSensor(component: JsonObject): readonly Conflict[] {
  return [...checkCategory(component), ...checkEnum(component), ...checkUnit(component), ...checkStateClass(component)];
}

function checkEnum(component: JsonObject): readonly Conflict[] {
  const isEnum = component["device_class"] === "enum";
  if (isEnum && !("options" in component)) return [["options", "required for device class enum"]];
  if (!isEnum && "options" in component) return [["options", "only for device class enum"]];
  return [];
}

function checkUnit(component: JsonObject): readonly Conflict[] {
  const { device_class: deviceClass, unit_of_measurement: unit = null } = component;
  const rule = typeof deviceClass === "string" ? classRules.get(deviceClass) : undefined;
  if (rule === undefined) return [];
  if (rule.units.length === 0) {
    return unit === null ? [] : [["unit_of_measurement", `not for device class ${toText(deviceClass)}`]];
  }
  const allowed = typeof unit === "string" && rule.units.includes(unit);
  return allowed ? [] : [["unit_of_measurement", `device class ${toText(deviceClass)} has ${rule.units.join(", ")}`]];
}

function checkStateClass(component: JsonObject): readonly Conflict[] {
  const { device_class: deviceClass, state_class: stateClass = null } = component;
  const conflicts: Conflict[] = [];
  const rule = typeof deviceClass === "string" ? classRules.get(deviceClass) : undefined;
  if (typeof stateClass === "string" && rule !== undefined && !rule.stateClasses.includes(stateClass)) {
    conflicts.push(["state_class", `${stateClass} is not for device class ${toText(deviceClass)}`]);
  }
  if ("last_reset_value_template" in component && stateClass !== "total") {
    conflicts.push(["last_reset_value_template", "only for state class total"]);
  }
  return conflicts;
}
