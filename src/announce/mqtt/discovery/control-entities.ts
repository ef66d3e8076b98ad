import type { CameraControl, ControlMenuEntry } from "../../../hub/camera-controls.ts";
import type { CameraTopics } from "../topics.ts";
import type { Availability, Component } from "./device-config.ts";
import { rare } from "./entity.ts";

/** What the entities of one camera's controls have in common. */
export interface ControlContext {
  readonly topics: CameraTopics;
  /** The device's identifier. */
  readonly node: string;
  /** The camera's part of entity ids. */
  readonly slug: string;
  readonly availability: readonly Availability[];
}

/** Controls that people reach for; the others are there to be switched on. */
const usual =
  /^(brightness|contrast|saturation|sharpness|gain|backlight_compensation|power_line_frequency|(auto_)?exposure\w*|focus\w*|zoom_absolute|(pan|tilt)_absolute|white_balance\w*|palette|moving_bar|auto_brightness|reset_counter)$/;

/** The longest state that Home Assistant keeps. */
const maxStateLength = 255;

/** The controls as entities: number, switch, select, button or text; what cannot be set is shown by a sensor. */
export function controlComponents(
  controls: readonly CameraControl[],
  context: ControlContext,
): readonly (readonly [key: string, component: Component])[] {
  return controls.flatMap((control) => {
    const kind = describeKind(control, context.topics.controlSet(control.name));
    return kind ? [[`control_${control.name}`, { ...describeCommon(control, kind.platform, context), ...kind }]] : [];
  });
}

function describeCommon(
  control: CameraControl,
  platform: string,
  { topics, node, slug, availability }: ControlContext,
): Record<string, unknown> {
  const available = `{{ 'online' if ${member(control.name, "available")} else 'offline' }}`;
  return {
    unique_id: `${node}_control_${control.name}`,
    default_entity_id: `${platform}.${slug}_${slugify(control.name)}`,
    name: control.label.trim() === "" ? control.name : control.label,
    entity_category: isShownOnly(platform) ? "diagnostic" : "config",
    ...(!usual.test(control.name) && rare),
    // A control that an automatic mode has taken over is shown, but cannot be moved.
    availability: [...availability, { topic: topics.controls, value_template: available }],
    ...(control.type !== "button" &&
      !control.writeOnly && { state_topic: topics.controls, value_template: describeValue(control) }),
  };
}

/** Platform and its own keys; undefined for what nobody can set or read. */
function describeKind(control: CameraControl, commandTopic: string): Component | undefined {
  const kind = describeSettable(control, commandTopic);
  const isReadable = !control.writeOnly && control.type !== "button";
  return kind && (isReadable || !isShownOnly(kind.platform)) ? kind : undefined;
}

function isShownOnly(platform: string): boolean {
  return platform === "sensor" || platform === "binary_sensor";
}

function describeSettable(control: CameraControl, commandTopic: string): Component | undefined {
  if (control.type === "compound") return undefined;
  if (control.readOnly) return describeShown(control);
  const command = { command_topic: commandTopic };
  switch (control.type) {
    case "boolean":
      return { platform: "switch", ...command };
    case "button":
      return { platform: "button", ...command };
    case "menu":
    case "integer-menu": {
      const options = menuLabels(control.menu ?? []);
      return options.length > 0 ? { platform: "select", options, ...command } : undefined;
    }
    case "string":
      return describeText(control, command);
    default:
      return describeNumber(control, command);
  }
}

/** Home Assistant wants room between the bounds. */
function describeText(control: CameraControl, command: { readonly command_topic: string }): Component {
  const max = Math.min(toNumber(control.maximum, maxStateLength), maxStateLength);
  if (max < 1) return { platform: "sensor" };
  return { platform: "text", min: Math.min(toNumber(control.minimum, 0), max - 1), max, ...command };
}

function describeShown({ type }: CameraControl): Component {
  return { platform: type === "boolean" ? "binary_sensor" : "sensor" };
}

/** Home Assistant counts in floating point and wants room between the bounds. */
function describeNumber(control: CameraControl, command: { readonly command_topic: string }): Component {
  const [min, max] = [toNumber(control.minimum, 0), toNumber(control.maximum, 0)];
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min >= max) return { platform: "sensor" };
  const step = Math.max(1, toNumber(control.step, 1));
  return { platform: "number", min, max, step, mode: max - min <= 1000 * step ? "slider" : "box", ...command };
}

function toNumber(value: CameraControl["minimum"], fallback: number): number {
  return value === undefined ? fallback : Number(value);
}

function describeValue({ name, type }: CameraControl): string {
  const value = member(name, "value");
  return type === "boolean" ? `{{ 'ON' if ${value} else 'OFF' }}` : `{{ ${value} }}`;
}

function member(control: string, key: "value" | "available"): string {
  return `value_json['${control}']['${key}']`;
}

/** What the entries of a menu are called: their labels, each only once, and none that Home Assistant reads as unknown. */
export function menuLabels(menu: readonly ControlMenuEntry[]): readonly string[] {
  const labels = new Set<string>();
  for (const { label, value } of menu) {
    let own = label.trim() === "" ? String(value) : label.trim();
    while (labels.has(own) || own.toLowerCase() === "none") own = `${own} (${value})`;
    labels.add(own);
  }
  return [...labels];
}

/** Letters, digits and single underscores: what an entity id may have. */
function slugify(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_|_$/g, "") || "control";
}

/** A control as its topic shows it. */
export interface ControlReport {
  /** As Home Assistant shows it: the label of a menu's entry; null where there is none to show. */
  readonly value: number | string | boolean | null;
  /** Whether it can be set now. */
  readonly available: boolean;
}

/** All controls that have an entity, by name. */
export function reportControls(controls: readonly CameraControl[]): Readonly<Record<string, ControlReport>> {
  const reported = controls.filter((control) => describeKind(control, "") !== undefined);
  return Object.fromEntries(
    reported.map((control) => [
      control.name,
      { value: reportValue(control), available: !control.inactive && !control.grabbed },
    ]),
  );
}

function reportValue(control: CameraControl): ControlReport["value"] {
  const { type, value, menu, minimum, maximum } = control;
  if (value === undefined) return null;
  if (type === "menu" || type === "integer-menu") {
    const index = (menu ?? []).findIndex((entry) => entry.value === Number(value));
    return index < 0 ? null : (menuLabels(menu ?? [])[index] ?? null);
  }
  if (type === "string") return cutText(String(value), maxStateLength);
  if (type === "boolean") return value;
  // A driver's value outside of its own range would be an error in Home Assistant.
  const number = Number(value);
  return number >= toNumber(minimum, -Infinity) && number <= toNumber(maximum, Infinity) ? value : null;
}

/** At most `maxLength` characters, never half of one: that would be no JSON. */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : Array.from(text).slice(0, maxLength).join("");
}
