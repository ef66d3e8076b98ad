import { type JsonObject, isJsonObject, toText } from "./json.ts";

/** The entity id HA gives at first discovery, if it is free: the wished-for one, or one made of the names. */
export function proposeEntityId(platform: string, config: JsonObject): string {
  const wished = config["default_entity_id"];
  const name = typeof wished === "string" ? wished.slice(wished.indexOf(".") + 1) : nameInFull(platform, config);
  return `${platform}.${slugify(name)}`;
}

/** `id`, or with the first number behind it that makes it free. */
export function freeEntityId(id: string, taken: readonly string[]): string {
  let free = id;
  for (let count = 2; taken.includes(free); count += 1) free = `${id}_${count}`;
  return free;
}

/** Device and entity name; `name: null` is the device itself, no `name` at all means that of the device class. */
export function nameInFull(platform: string, config: JsonObject): string {
  const { name, device } = config;
  const deviceName = isJsonObject(device) ? toText(device["name"]) : "";
  const fallback = toText(config["device_class"], `mqtt ${platform}`).replaceAll("_", " ");
  const own = name === null ? "" : toText(name, fallback);
  return `${deviceName} ${own}`.trim();
}

function slugify(name: string): string {
  const plain = name.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || "unknown";
}
