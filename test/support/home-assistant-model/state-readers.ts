import { nonNumericClasses } from "./device-classes.ts";
import { type JsonObject, isJsonObject, parseJson, toList, toText } from "./json.ts";

/** What HA shows; null is its `unknown`. */
export type EntityState = string | number | null;

/**
 * What a (rendered) payload on the state topic makes of the state: undefined for one that HA passes over in silence.
 * Throws an Error, in words for a log, where HA logs something; the state then stays.
 */
export type StateReader = (config: JsonObject, payload: string) => EntityState | undefined;

const maxStateLength = 255;
const pythonFloat = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export const stateReaders: ReadonlyMap<string, StateReader> = new Map([
  ["binary_sensor", (config, payload) => readOnOff(config["payload_on"], config["payload_off"], payload)],
  ["switch", readSwitch],
  ["sensor", readSensor],
  ["number", readNumber],
  ["select", readSelect],
  ["text", readText],
]);

/** The event in a payload, or undefined for one that HA passes over. Throws as a {@link StateReader} does. */
export function readEvent(config: JsonObject, payload: string): JsonObject | undefined {
  if (payload === "" || payload === "None" || payload === "{}") return undefined;
  const event = parseJson(payload);
  if (!isJsonObject(event)) throw new Error(`no valid JSON event payload: ${payload}`);
  if (event["event_type"] === undefined) throw new Error(`event_type missing in JSON event payload: ${payload}`);
  if (toList(config["event_types"]).includes(event["event_type"])) return event;
  throw new Error(`invalid event type ${toText(event["event_type"])}`);
}

/** Whether HA expects a number from a sensor. */
export function isNumericSensor(config: JsonObject): boolean {
  const deviceClass = config["device_class"] ?? null;
  if (typeof deviceClass === "string" && nonNumericClasses.includes(deviceClass)) return false;
  const marks = ["state_class", "unit_of_measurement", "suggested_display_precision"];
  return deviceClass !== null || marks.some((key) => (config[key] ?? null) !== null);
}

function readSwitch(config: JsonObject, payload: string): EntityState | undefined {
  return readOnOff(config["state_on"] ?? config["payload_on"], config["state_off"] ?? config["payload_off"], payload);
}

function readOnOff(on: unknown, off: unknown, payload: string): EntityState | undefined {
  if (payload === (on ?? "ON")) return "on";
  if (payload === (off ?? "OFF")) return "off";
  if (payload === "None") return null;
  if (payload.trim() === "") return undefined;
  throw new Error(`no matching payload found: ${payload}`);
}

function readSensor(config: JsonObject, payload: string): EntityState | undefined {
  if (payload === "None") return null;
  if (isNumericSensor(config)) {
    if (payload === "") return undefined;
    if (!pythonFloat.test(payload)) throw new Error(`has the non-numeric value ${payload}`);
    return payload;
  }
  if (config["device_class"] === "timestamp") return readTimestamp(payload);
  if (config["device_class"] === "date") return readDate(payload);
  const options = toList(config["options"]);
  if (options.length > 0 && !options.includes(payload)) throw new Error(`ignoring invalid option ${payload}`);
  return checkLength(payload, maxStateLength);
}

function readTimestamp(payload: string): string {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(payload) || Number.isNaN(Date.parse(payload))) {
    throw new Error(`invalid state message ${payload}`);
  }
  if (!/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(payload)) throw new Error(`${payload} is missing timezone information`);
  return new Date(payload).toISOString();
}

function readDate(payload: string): string {
  if (!/^\d{4}-\d\d-\d\d/.test(payload)) throw new Error(`invalid state message ${payload}`);
  return payload.slice(0, 10);
}

function readNumber(config: JsonObject, payload: string): EntityState | undefined {
  if (payload.trim() === "") return undefined;
  if (payload === (config["payload_reset"] ?? "None")) return null;
  if (!pythonFloat.test(payload)) throw new Error(`payload ${payload} is not a number`);
  const [min, max] = [Number(config["min"] ?? 1), Number(config["max"] ?? 100)];
  const value = Number(payload);
  if (value < min || value > max) throw new Error(`invalid value ${value} (range ${min} - ${max})`);
  return value;
}

function readSelect(config: JsonObject, payload: string): EntityState | undefined {
  if (payload.trim() === "") return undefined;
  if (payload.toLowerCase() === "none") return null;
  const options = toList(config["options"]);
  if (options.includes(payload)) return payload;
  throw new Error(`invalid option ${payload} (valid options: ${options.map((option) => toText(option)).join(", ")})`);
}

function readText(config: JsonObject, payload: string): EntityState | undefined {
  return checkLength(payload, Number(config["max"] ?? maxStateLength));
}

function checkLength(payload: string, max: number): string {
  if (payload.length > max) throw new Error(`cannot have a state longer than ${max} characters`);
  return payload;
}
