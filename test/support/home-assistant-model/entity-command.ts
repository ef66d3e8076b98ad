import { toList, toText } from "./json.ts";
import type { MqttEntity } from "./mqtt-entity.ts";

/** A message that Home Assistant publishes when the user does something. */
export interface Command {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** The user presses a button. Throws for anything else. */
export function pressCommand(entity: MqttEntity): Command {
  if (entity.platform !== "button") throw new Error(`a ${entity.platform} cannot be pressed`);
  return createCommand(entity, toText(entity.config["payload_press"], "PRESS"));
}

/**
 * The user turns a switch on or off, sets a number, picks an option or enters a text. An entity without a state topic
 * takes the value as its state at once. Throws where HA refuses the value.
 */
export function setCommand(entity: MqttEntity, value: boolean | number | string): Command {
  const { config } = entity;
  const payload = formatValue(entity, value);
  const optimistic = config["state_topic"] === undefined || config["optimistic"] === true;
  if (optimistic) entity.state = typeof value === "boolean" ? (value ? "on" : "off") : value;
  return createCommand(entity, payload);
}

function formatValue({ platform, config }: MqttEntity, value: boolean | number | string): string {
  if (platform === "switch" && typeof value === "boolean") {
    return value ? toText(config["payload_on"], "ON") : toText(config["payload_off"], "OFF");
  }
  if (platform === "number" && typeof value === "number") {
    const [min, max] = [Number(config["min"] ?? 1), Number(config["max"] ?? 100)];
    if (value < min || value > max) throw new RangeError(`${value} is outside valid range ${min} - ${max}`);
    return String(value);
  }
  if (platform === "select" && typeof value === "string") {
    if (!toList(config["options"]).includes(value)) throw new RangeError(`option ${value} is not valid`);
    return value;
  }
  if (platform === "text" && typeof value === "string") return value;
  throw new TypeError(`a ${platform} cannot be set to ${String(value)}`);
}

function createCommand({ config, isAvailable }: MqttEntity, payload: string): Command {
  if (!isAvailable) throw new Error("HA sends no command to what is unavailable");
  const template = config["command_template"];
  return {
    topic: toText(config["command_topic"]),
    payload: typeof template === "string" ? renderCommand(template, payload) : payload,
    qos: config["qos"] === 1 || config["qos"] === 2 ? config["qos"] : 0,
    retain: config["retain"] === true,
  };
}

/** Only `{{ value }}`, any number of times, is modelled. */
function renderCommand(template: string, value: string): string {
  const rendered = template.replaceAll(/\{\{ *value *\}\}/g, () => value);
  if (/\{\{|\{%/.test(template.replaceAll(/\{\{ *value *\}\}/g, ""))) {
    throw new Error(`command template ${template} is of a shape that is not modelled`);
  }
  return rendered;
}
