import { applyTopicBase, expandDiscovery, mergeShared } from "./expand-discovery.ts";
import { type Finding, checkRequired, checkValues } from "./finding.ts";
import { type Json, type JsonObject, isJsonObject, parseJson, toText } from "./json.ts";
import { checkAvailability, checkTopLevel } from "./message-checks.ts";
import { findConflicts } from "./platform-rules.ts";
import { otherPlatforms, platforms } from "./platforms.ts";
import { type DiscoveryAddress, parseDiscoveryTopic } from "./topics.ts";

/** One component of a device message: keys written out, topics whole, shared options merged in. */
export interface DiscoveredComponent {
  readonly componentId: string;
  readonly platform: string;
  /** Empty for a component that is to be removed. */
  readonly config: JsonObject;
  /** Why it is no good; a finding that drops nothing leaves it usable. */
  readonly findings: readonly Finding[];
}

export interface Inspection {
  /** Undefined on a topic that HA does not read as a device's. */
  readonly address: DiscoveryAddress | undefined;
  /** About the message as a whole; what is wrong with a component is with the component. */
  readonly findings: readonly Finding[];
  /** In the order of the message. Empty for a message without payload, which removes the device. */
  readonly components: readonly DiscoveredComponent[];
}

/** Reads a device message as HA does. Never throws. */
export function inspectDiscovery(topic: string, payload: Buffer | string): Inspection {
  const address = parseDiscoveryTopic(topic);
  if (address === undefined) {
    const reason = "must be PREFIX/device/[NODE/]OBJECT/config, ids of a-z, A-Z, 0-9, _ and -";
    return { address, findings: [{ path: "topic", reason, drops: "message" }], components: [] };
  }
  if (payload.length === 0) return { address, findings: [], components: [] };
  const json = parseJson(payload);
  if (!isJsonObject(json)) {
    return {
      address,
      findings: [{ path: "payload", reason: "must be a JSON object", drops: "message" }],
      components: [],
    };
  }
  const message = expandDiscovery(json);
  const findings = [...checkTopLevel(message)];
  const components: DiscoveredComponent[] = [];
  for (const [id, value] of Object.entries(componentsOf(message, findings))) {
    const component = inspectComponent(id, value, message);
    if ("platform" in component) components.push(component);
    else findings.push(component);
  }
  return { address, findings: [...findings, ...findRepeatedIds(components)], components };
}

function componentsOf(message: JsonObject, findings: Finding[]): JsonObject {
  const components = message["components"];
  if (isJsonObject(components)) return components;
  if (components !== undefined) findings.push({ path: "components", reason: "must be an object", drops: "message" });
  return {};
}

/** The component, or the one reason why HA refuses the whole message because of it. */
function inspectComponent(componentId: string, value: Json, message: JsonObject): DiscoveredComponent | Finding {
  const path = `components.${componentId}`;
  const refuse = (key: string, reason: string): Finding => ({ path: `${path}${key}`, reason, drops: "message" });
  if (!isJsonObject(value)) return refuse("", "must be an object");
  const { platform: name, ...config } = value;
  if (name === undefined) return refuse(".platform", "required");
  if (typeof name !== "string") return refuse(".platform", "must be a string");
  const platform = platforms.get(name);
  if (platform === undefined) {
    return refuse(".platform", otherPlatforms.includes(name) ? `${name} is not modelled` : "unknown platform");
  }
  const isRemoval = Object.keys(config).length === 0;
  if (isRemoval) return { componentId, platform: name, config, findings: checkId(componentId) };
  if (platform.isEntity && !("unique_id" in config)) return refuse(".unique_id", "required");
  const merged = mergeShared(applyTopicBase(config), message);
  return { componentId, platform: name, config: merged, findings: checkComponent(componentId, name, config, merged) };
}

/** Keys whose faults cost nothing but themselves. */
const harmlessKeys: readonly string[] = ["default_entity_id", "object_id"];

function checkComponent(id: string, name: string, own: JsonObject, merged: JsonObject): readonly Finding[] {
  const platform = platforms.get(name);
  if (platform === undefined) return [];
  const prefix = `components.${id}.`;
  const at = { prefix, drops: "component", unknown: "nothing" } as const;
  const values = { ...applyTopicBase(own), "~": own["~"] ?? "" };
  const conflicts = findConflicts(name, merged);
  const availability = platform.isEntity ? checkAvailability(merged, prefix, at.drops) : [];
  const findings: readonly Finding[] = [
    ...checkRequired(merged, platform.required, at),
    ...checkValues(values, platform.rules, at),
    ...availability.filter((finding) => isOwn(finding, own)),
    ...conflicts.map(([key, reason]) => ({ path: `${prefix}${key}`, reason, drops: at.drops })),
  ];
  const harmless = harmlessKeys.map((key) => `${prefix}${key}`);
  return [
    ...checkId(id),
    ...findings.map((finding) =>
      harmless.includes(finding.path) ? { ...finding, drops: "nothing" as const } : finding,
    ),
  ];
}

/** Entries of the shared list are complained about once, at the top level. */
function isOwn({ reason }: Finding, own: JsonObject): boolean {
  return "availability" in own || ("availability_topic" in own && reason.startsWith("not together"));
}

/** HA takes the ids of a removed device apart at spaces, and then misses a component with one. */
function checkId(id: string): readonly Finding[] {
  if (/^[a-zA-Z0-9_-]+$/.test(id)) return [];
  return [{ path: `components.${id}`, reason: "id must be of a-z, A-Z, 0-9, _ and -", drops: "nothing" }];
}

function findRepeatedIds(components: readonly DiscoveredComponent[]): readonly Finding[] {
  const named = components.filter(({ config }) => typeof config["unique_id"] === "string");
  const keys = named.map(({ platform, config }) => `${platform} ${toText(config["unique_id"])}`);
  const repeated = named.filter((_, index) => keys.indexOf(keys[index] ?? "") < index);
  return repeated.map(({ componentId }) => {
    return { path: `components.${componentId}.unique_id`, reason: "used by another component", drops: "nothing" };
  });
}
