import {
  type Rules,
  anyComponent,
  anyEntity,
  classOf,
  commandTemplate,
  expiry,
  imageEncoding,
  onAndOff,
  readOnly,
  readWrite,
} from "./component-rules.ts";
import { deviceClasses, stateClasses } from "./device-classes.ts";
import * as checks from "./value-checks.ts";

/** What a component of one platform may say. */
export interface Platform {
  readonly required: readonly string[];
  readonly rules: ReadonlyMap<string, checks.Check>;
  /** False for a platform that makes no entity, and so needs no `unique_id`. */
  readonly isEntity: boolean;
}

function entity(required: readonly string[], ...rules: readonly Rules[]): Platform {
  return { required, rules: new Map([...anyEntity, ...rules.flat()]), isEntity: true };
}

/** The platforms that are modelled, by name. */
export const platforms: ReadonlyMap<string, Platform> = new Map([
  [
    "binary_sensor",
    entity(["state_topic"], readOnly, onAndOff, expiry, classOf("binary_sensor"), [["off_delay", checks.wholeNumber]]),
  ],
  [
    "button",
    entity(["command_topic"], commandTemplate, classOf("button"), [
      ["command_topic", checks.topicToPublish],
      ["payload_press", checks.text],
      ["retain", checks.bool],
    ]),
  ],
  ["camera", entity(["topic"], imageEncoding, [["topic", checks.topicToSubscribe]])],
  [
    "device_automation",
    {
      required: ["automation_type", "topic", "type", "subtype"],
      rules: new Map([
        ...anyComponent,
        ["automation_type", checks.oneOf("trigger")],
        ["topic", checks.topicToSubscribe],
        ["type", checks.nonEmptyText],
        ["subtype", checks.nonEmptyText],
        ["payload", checks.text],
        ["value_template", checks.template],
      ] as const),
      isEntity: false,
    },
  ],
  [
    "event",
    entity(["state_topic", "event_types"], readOnly, [
      ["event_types", checks.textList],
      ["device_class", checks.oneOf(...deviceClasses.event)],
    ]),
  ],
  [
    "image",
    entity([], imageEncoding, [
      ["image_topic", checks.topicToSubscribe],
      ["url_topic", checks.topicToSubscribe],
      ["url_template", checks.template],
      ["content_type", checks.nonEmptyText],
    ]),
  ],
  [
    "number",
    entity(["command_topic"], readWrite, commandTemplate, classOf("number"), [
      ["min", checks.finiteNumber],
      ["max", checks.finiteNumber],
      ["step", checks.step],
      ["mode", checks.oneOf("auto", "box", "slider")],
      ["unit_of_measurement", checks.orNull(checks.text)],
      ["payload_reset", checks.text],
    ]),
  ],
  ["select", entity(["command_topic", "options"], readWrite, commandTemplate, [["options", checks.textList]])],
  [
    "sensor",
    entity(["state_topic"], readOnly, expiry, classOf("sensor"), [
      ["unit_of_measurement", checks.orNull(checks.text)],
      ["state_class", checks.orNull(checks.oneOf(...stateClasses))],
      ["options", checks.textList],
      ["suggested_display_precision", checks.wholeNumber],
      ["last_reset_value_template", checks.template],
    ]),
  ],
  [
    "switch",
    entity(["command_topic"], readWrite, onAndOff, classOf("switch"), [
      ["state_on", checks.text],
      ["state_off", checks.text],
    ]),
  ],
  [
    "text",
    entity(["command_topic"], readWrite, commandTemplate, [
      ["min", checks.wholeNumber],
      ["max", checks.wholeNumber],
      ["mode", checks.oneOf("text", "password")],
      ["pattern", checks.text],
    ]),
  ],
  [
    "update",
    entity(["state_topic"], readOnly, classOf("update"), [
      ["command_topic", checks.topicToPublish],
      ["payload_install", checks.text],
      ["retain", checks.bool],
      ["latest_version_topic", checks.topicToSubscribe],
      ["latest_version_template", checks.template],
      ["title", checks.text],
      ["release_summary", checks.text],
      ["release_url", checks.httpUrl],
      ["display_precision", checks.wholeNumber],
    ]),
  ],
]);

/** Platforms HA supports and this model does not look into. */
export const otherPlatforms: readonly string[] = (
  "alarm_control_panel climate cover device_tracker fan humidifier lawn_mower light lock notify scene siren tag " +
  "vacuum valve water_heater"
).split(" ");
