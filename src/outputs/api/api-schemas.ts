const text = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;
const nullable = (schema: object) => ({ anyOf: [schema, { type: "null" }] });
const controlValue = { type: ["number", "boolean", "string"] } as const;

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []) {
  return { type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

const captureFormat = object({
  codec: { enum: ["jpeg", "h264", "raw"] },
  pixelFormat: text,
  width: count,
  height: count,
  fps: { type: "number", minimum: 0, description: "as the driver granted it; 0 where it does not say" },
});

const offeredFormat = object({
  pixelFormat: text,
  sizes: {
    type: "array",
    items: object({ width: count, height: count, fps: { type: "array", items: { type: "number" } } }),
  },
});

const cameraProperties = {
  id: { type: "string", pattern: "^[a-z0-9-]+$" },
  name: text,
  source: { enum: ["v4l2", "command", "test-pattern"] },
  origin: { type: "string", description: "device path or program" },
  state: { enum: ["starting", "live", "stalled", "lost", "idle", "off"] },
  reason: { type: "string", description: "why it is in this state, in plain words" },
  since: { type: "string", format: "date-time", description: "when it came into this state" },
  enabled: { type: "boolean", description: "false while it is switched off" },
  format: { ...nullable(captureFormat), description: "what it delivers; null until it was opened once" },
  frameAgeMs: { ...nullable(count), description: "age of the newest frame; null while none is there" },
  fps: { type: "number", description: "measured over the last seconds" },
  bitrate: { ...count, description: "bits a second of what is sent, from frame size and measured rate" },
  frames: count,
  drops: { type: "object", description: "frames that went no further, by cause", additionalProperties: count },
  restarts: count,
  lastError: nullable(text),
  viewers: count,
  clients: { type: "array", items: object({ id: text, fps: { type: "number" }, key: text }, ["key"]) },
  urls: { ...object({ stream: text, snapshot: text, controls: text }), description: "paths, with the base path" },
};

/** JSON schema of one camera in a list. */
export const cameraSchema = object(cameraProperties);

/** JSON schema of one camera on its own: with what it can do. */
export const cameraDetailSchema = object({
  ...cameraProperties,
  formats: { ...nullable({ type: "array", items: offeredFormat }), description: "what the camera offers, if it says" },
});

/** JSON schema of `GET /api/cameras`. */
export const cameraListSchema = object({ cameras: { type: "array", items: cameraSchema } });

/** JSON schema of the answers of the controls doors. */
export const controlListSchema = object({
  controls: {
    type: "array",
    items: object(
      {
        name: text,
        label: text,
        id: count,
        type: {
          enum: ["integer", "boolean", "menu", "integer-menu", "button", "integer64", "bitmask", "string", "compound"],
        },
        minimum: controlValue,
        maximum: controlValue,
        step: controlValue,
        default: controlValue,
        value: controlValue,
        menu: { type: "array", items: object({ value: { type: "integer" }, label: text }) },
        compoundType: text,
        dimensions: { type: "array", items: count },
        inactive: { type: "boolean" },
        readOnly: { type: "boolean" },
        writeOnly: { type: "boolean" },
        grabbed: { type: "boolean" },
        volatile: { type: "boolean" },
      },
      ["minimum", "maximum", "step", "default", "value", "menu", "compoundType", "dimensions"],
    ),
  },
});

/** JSON schema of what PATCH of a camera takes. */
export const cameraChangeSchema = {
  ...object({ enabled: { type: "boolean" } }),
  additionalProperties: false,
  example: { enabled: false },
};

/** JSON schema of `GET /api/mqtt`. */
export const mqttSchema = object(
  {
    state: { enum: ["connecting", "connected", "waiting", "off"], description: "waiting: for the next attempt" },
    reason: { type: "string", description: "why it is in this state, in plain words" },
    broker: { type: "string", description: "without user and password" },
    protocol: { ...nullable({ enum: ["5.0", "3.1.1"] }), description: "version of MQTT; null while not connected" },
    since: { type: "string", format: "date-time", description: "since when it is connected, or is not" },
    connections: { ...count, description: "connections that were made" },
    queued: { ...count, description: "messages that wait or are under way" },
    counts: {
      ...object({ sent: count, replaced: count, dropped: count, oversize: count, received: count }),
      description:
        "messages since the start; replaced: a newer one of the same topic came first; oversize: larger than the broker takes",
    },
  },
  ["broker", "protocol", "since", "connections", "queued", "counts"],
);

/** JSON schema of what PATCH takes: values by control name. */
export const controlValuesSchema = {
  type: "object",
  minProperties: 1,
  additionalProperties: controlValue,
  example: { brightness: 140, white_balance_automatic: false },
};
