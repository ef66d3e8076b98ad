import { deviceClasses } from "./device-classes.ts";
import { availabilityRules } from "./message-checks.ts";
import * as checks from "./value-checks.ts";

/** Keys and what their values must be. */
export type Rules = readonly (readonly [string, checks.Check])[];

/** Keys of every component. */
export const anyComponent: Rules = [
  ["platform", checks.text],
  ["~", checks.text],
  ["qos", checks.qos],
  ["encoding", checks.encoding],
];

/** Keys of every component that makes an entity. */
export const anyEntity: Rules = [
  ...anyComponent,
  ...availabilityRules,
  ["availability", () => undefined],
  ["unique_id", checks.nonEmptyText],
  ["name", checks.orNull(checks.text)],
  ["default_entity_id", checks.text],
  ["object_id", () => "gone since 2026.4, use default_entity_id"],
  ["entity_category", checks.oneOf("config", "diagnostic")],
  ["enabled_by_default", checks.bool],
  ["visible_by_default", checks.bool],
  ["icon", checks.icon],
  ["entity_picture", checks.httpUrl],
  ["json_attributes_topic", checks.topicToSubscribe],
  ["json_attributes_template", checks.template],
  ["message_expiry_interval", checks.wholeNumber],
];

export const readOnly: Rules = [
  ["state_topic", checks.topicToSubscribe],
  ["value_template", checks.template],
];

export const readWrite: Rules = [
  ...readOnly,
  ["command_topic", checks.topicToPublish],
  ["optimistic", checks.bool],
  ["retain", checks.bool],
];

export const commandTemplate: Rules = [["command_template", checks.template]];
export const imageEncoding: Rules = [["image_encoding", checks.oneOf("b64")]];
export const expiry: Rules = [
  ["expire_after", checks.wholeNumber],
  ["force_update", checks.bool],
];
export const onAndOff: Rules = [
  ["payload_on", checks.text],
  ["payload_off", checks.text],
];

/** The rule for `device_class` where it may also be null. */
export function classOf(platform: keyof typeof deviceClasses): Rules {
  return [["device_class", checks.orNull(checks.oneOf(...deviceClasses[platform]))]];
}
