import { ProtocolError } from "../../core/errors.ts";

/** What somebody wants of a camera. Values of controls are as they were sent; the camera's own list says what they mean. */
export type Command =
  | { readonly kind: "enable"; readonly on: boolean }
  | { readonly kind: "snapshot" | "restart" | "reset-controls" }
  | { readonly kind: "set-controls"; readonly values: Readonly<Record<string, string | number | boolean>> };

/** A command and whom it is for. */
export interface CameraCommand {
  readonly cameraId: string;
  readonly command: Command;
}

/** No command of ours is longer. */
const maxPayloadBytes = 16_384;
const maxControls = 500;

/**
 * Reads a message on one of our command topics. Throws ProtocolError that says what is wrong with it; undefined when the topic
 * is none of ours.
 */
export function parseCommand(base: string, topic: string, payload: Buffer): CameraCommand | undefined {
  if (!topic.startsWith(`${base}/`) || !topic.endsWith("/set")) return undefined;
  const [cameraId = "", ...path] = topic.slice(base.length + 1, -"/set".length).split("/");
  const read = Object.hasOwn(readers, path[0] ?? "") ? readers[path[0] ?? ""] : undefined;
  if (!read || path.length > (path[0] === "controls" ? 2 : 1)) return undefined;
  if (payload.length > maxPayloadBytes) {
    throw new ProtocolError(`${payload.length} bytes are too long for a command (${maxPayloadBytes} at most)`);
  }
  return { cameraId, command: read(decodeText(payload), path[1]) };
}

const readers: Readonly<Record<string, (text: string, control: string | undefined) => Command>> = {
  enabled: (text) => ({ kind: "enable", on: readSwitch(text) }),
  snapshot: (text) => readPress("snapshot", text),
  restart: (text) => readPress("restart", text),
  "reset-controls": (text) => readPress("reset-controls", text),
  controls: (text, control) => ({
    kind: "set-controls",
    values: control === undefined ? readControls(text) : { [control]: text },
  }),
};

function decodeText(payload: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw new ProtocolError("the payload is no UTF-8 text");
  }
}

function readSwitch(text: string): boolean {
  if (text === "ON") return true;
  if (text === "OFF") return false;
  throw new ProtocolError(`${quote(text)} must be ON or OFF`);
}

function readPress(kind: "snapshot" | "restart" | "reset-controls", text: string): Command {
  if (text === "PRESS" || text === "") return { kind };
  throw new ProtocolError(`${quote(text)} must be PRESS, or empty`);
}

function readControls(text: string): Readonly<Record<string, string | number | boolean>> {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError(
      `${quote(text)} must be a JSON object of values by control name, such as {"brightness":140}`,
    );
  }
  const entries = Object.entries(value) as [string, unknown][];
  if (entries.length === 0 || entries.length > maxControls) {
    throw new ProtocolError(`the object must name 1 to ${maxControls} controls`);
  }
  const wrong = entries.find(([, inner]) => !["string", "number", "boolean"].includes(typeof inner));
  if (wrong) throw new ProtocolError(`${quote(wrong[0])} must be a number, a boolean or a text`);
  return Object.fromEntries(entries) as Readonly<Record<string, string | number | boolean>>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Words of a stranger, short enough for a log line. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
