import { componentAbbreviations, deviceAbbreviations, originAbbreviations } from "./abbreviations.ts";
import { type Json, type JsonObject, isJsonObject } from "./json.ts";

/** Top-level keys that a component inherits when it does not set them itself. */
const sharedOptions = [
  "availability",
  "availability_mode",
  "availability_template",
  "availability_topic",
  "command_topic",
  "encoding",
  "payload_available",
  "payload_not_available",
  "state_topic",
  "qos",
];

/** A device message with every abbreviated key written out. Expanding twice changes nothing more. */
export function expandDiscovery(message: JsonObject): JsonObject {
  const expanded = expandComponent(message);
  return mapValues(expanded, (value, key) => {
    if (!isJsonObject(value)) return value;
    if (key === "device") return expandKeys(value, deviceAbbreviations);
    if (key === "origin") return expandKeys(value, originAbbreviations);
    if (key === "components") return mapValues(value, (part) => (isJsonObject(part) ? expandComponent(part) : part));
    return value;
  });
}

/** A component with `~` replaced in its topics and taken out; the rules for where it may stand are HA's. */
export function applyTopicBase(component: JsonObject): JsonObject {
  const { "~": base, ...rest } = component;
  if (typeof base !== "string") return rest;
  return mapValues(rest, (value, key) => {
    if (key === "availability") return mapAvailability(value, (entry) => withBaseInTopic(entry, base));
    return typeof value === "string" && key.endsWith("topic") ? withBase(value, base) : value;
  });
}

/** A component with the device, the origin and the shared options it does not set itself. */
export function mergeShared(component: JsonObject, message: JsonObject): JsonObject {
  const shared = sharedOptions.filter((key) => key in message && !(key in component));
  const { device, origin } = message;
  return {
    ...component,
    ...Object.fromEntries(shared.map((key) => [key, message[key] ?? null])),
    device: device ?? null,
    origin: origin ?? null,
  };
}

function expandComponent(component: JsonObject): JsonObject {
  return mapValues(expandKeys(component, componentAbbreviations), (value, key) =>
    key === "availability" ? mapAvailability(value, (entry) => expandKeys(entry, componentAbbreviations)) : value,
  );
}

/** Where both forms of a key are there, the abbreviated one wins. */
function expandKeys(object: JsonObject, table: ReadonlyMap<string, string>): JsonObject {
  const entries = Object.entries(object);
  const long = entries.filter(([key]) => !table.has(key));
  const short = entries.filter(([key]) => table.has(key));
  return Object.fromEntries([...long, ...short.map(([key, value]): [string, Json] => [table.get(key) ?? key, value])]);
}

function withBaseInTopic(entry: JsonObject, base: string): JsonObject {
  return mapValues(entry, (value, key) =>
    typeof value === "string" && key === "topic" ? withBase(value, base) : value,
  );
}

function withBase(topic: string, base: string): string {
  if (topic.endsWith("~")) return `${topic.slice(0, -1)}${base}`;
  return topic.startsWith("~") ? `${base}${topic.slice(1)}` : topic;
}

function mapAvailability(value: Json, change: (entry: JsonObject) => JsonObject): Json {
  if (isJsonObject(value)) return change(value);
  return Array.isArray(value) ? value.map((entry: Json) => (isJsonObject(entry) ? change(entry) : entry)) : value;
}

function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
