import { type Finding, checkRequired, checkValues } from "./finding.ts";
import { type Json, type JsonObject, isJsonObject, toList } from "./json.ts";
import * as checks from "./value-checks.ts";

const availabilityEntry = new Map<string, checks.Check>([
  ["topic", checks.topicToSubscribe],
  ["payload_available", checks.text],
  ["payload_not_available", checks.text],
  ["value_template", checks.template],
]);

/** The keys about availability, which the top level and every entity have in common. */
export const availabilityRules: readonly (readonly [string, checks.Check])[] = [
  ["availability_topic", checks.topicToSubscribe],
  ["availability_template", checks.template],
  ["availability_mode", checks.oneOf("all", "any", "latest")],
  ["payload_available", checks.text],
  ["payload_not_available", checks.text],
];

/** Rules for what {@link checkTopLevel} looks into by itself. */
const structured: checks.Check = () => undefined;

const topLevel = new Map<string, checks.Check>([
  ...availabilityRules,
  ["availability", structured],
  ["device", structured],
  ["origin", structured],
  ["components", structured],
  ["state_topic", checks.topicToSubscribe],
  ["command_topic", checks.topicToPublish],
  ["qos", checks.qos],
  ["encoding", checks.encoding],
]);

const device = new Map<string, checks.Check>([
  ["identifiers", (value) => checkTexts(value)],
  ["connections", (value) => checkConnections(value)],
  ["name", checks.nonEmptyText],
  ["manufacturer", checks.text],
  ["model", checks.text],
  ["model_id", checks.text],
  ["hw_version", checks.text],
  ["sw_version", checks.text],
  ["serial_number", checks.text],
  ["suggested_area", checks.text],
  ["via_device", checks.text],
  ["configuration_url", checks.configurationUrl],
]);

const origin = new Map<string, checks.Check>([
  ["name", checks.nonEmptyText],
  ["sw_version", checks.text],
  ["support_url", checks.configurationUrl],
]);

/** Everything about an expanded message except its components: what HA checks first, and drops it whole for. */
export function checkTopLevel(message: JsonObject): readonly Finding[] {
  const drops = "message";
  return [
    ...checkRequired(message, ["device", "origin", "components"], { prefix: "", drops }),
    ...checkValues(message, topLevel, { prefix: "", drops, unknown: drops }),
    ...checkAvailability(message, "", drops),
    ...checkDevice(message["device"]),
    ...checkOrigin(message["origin"]),
  ];
}

/** The list form of availability, and that only one of the two forms is used. */
export function checkAvailability(owner: JsonObject, prefix: string, drops: Finding["drops"]): readonly Finding[] {
  const exclusive = "availability" in owner && "availability_topic" in owner;
  const path = `${prefix}availability`;
  const entries = toList(owner["availability"]).flatMap((entry, index): readonly Finding[] => {
    const at = `${path}.${index}`;
    if (!isJsonObject(entry)) return [{ path: at, reason: "must be an object", drops }];
    const where = { prefix: `${at}.`, drops };
    return [
      ...checkRequired(entry, ["topic"], where),
      ...checkValues(entry, availabilityEntry, { ...where, unknown: drops }),
    ];
  });
  return exclusive ? [...entries, { path, reason: "not together with availability_topic", drops }] : entries;
}

function checkDevice(value: Json | undefined): readonly Finding[] {
  if (value === undefined) return [];
  const drops = "message";
  if (!isJsonObject(value)) return [{ path: "device", reason: "must be an object", drops }];
  const identified = toList(value["identifiers"]).length + toList(value["connections"]).length > 0;
  return [
    ...(identified ? [] : [{ path: "device", reason: "identifiers or connections required", drops } as const]),
    ...checkRequired(value, ["name"], { prefix: "device.", drops: "nothing" }),
    ...checkValues(value, device, { prefix: "device.", drops, unknown: drops }),
  ];
}

function checkOrigin(value: Json | undefined): readonly Finding[] {
  if (value === undefined) return [];
  const drops = "message";
  if (!isJsonObject(value)) return [{ path: "origin", reason: "must be an object", drops }];
  const prefix = "origin.";
  return [
    ...checkRequired(value, ["name"], { prefix, drops }),
    ...checkValues(value, origin, { prefix, drops, unknown: drops }),
  ];
}

function checkTexts(value: Json): string | undefined {
  return toList(value).every((entry) => checks.text(entry) === undefined) ? undefined : "must be strings";
}

function checkConnections(value: Json): string | undefined {
  const pairs = toList(value).every(
    (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part: Json) => checks.text(part) === undefined),
  );
  return Array.isArray(value) && pairs ? undefined : "must be a list of [type, value]";
}
