import { choice, decimal, flag, list, sections, size, text, whole, type Field } from "./field.ts";
import { identifier, topic, url } from "./texts.ts";

const port = { min: 1, max: 65_535 } as const;

/** Home Assistant by MQTT, and commands. */
export const mqttSection = {
  url: text({
    doc: "The broker. Without it MQTT is off. `mqtts` and `wss` are encrypted.",
    default: undefined,
    example: "mqtt://homeassistant.local",
    sensitive: true, // may carry user and password
    ...url("mqtt", "mqtts", "ws", "wss"),
  }),
  username: text({ doc: "User at the broker.", default: undefined, example: "sightline" }),
  password: text({ doc: "Password at the broker.", default: undefined, sensitive: true, example: "secret" }),
  clientId: text({
    doc: "Client identifier at the broker. Absent: made once and kept.",
    default: undefined,
    example: "sightline",
  }),
  baseTopic: text({ doc: "Every topic of ours starts with it.", default: "sightline", ...topic }),
  discovery: flag({
    doc: "Home Assistant adds the cameras by itself (MQTT discovery). Pictures, states and commands go by MQTT in any case.",
    default: true,
  }),
  discoveryPrefix: text({
    doc: "Home Assistant's discovery prefix, as set in its MQTT integration.",
    default: "homeassistant",
    ...topic,
  }),
  ca: text({
    doc: "File with the certificate authority of the broker (PEM), where the system does not know it.",
    default: undefined,
    example: "/etc/sightline/broker-ca.pem",
    alternative: true, // not with mqtt://
  }),
  cert: text({
    doc: "File with the client certificate (PEM), where the broker asks for one.",
    default: undefined,
    example: "/etc/sightline/client.pem",
    alternative: true, // not with mqtt://
  }),
  key: text({
    doc: "File with the key of the client certificate (PEM).",
    default: undefined,
    example: "/etc/sightline/client-key.pem",
    alternative: true, // not with mqtt://
  }),
  preview: {
    intervalSeconds: decimal({
      doc: "Shortest time between two preview pictures while the camera runs for somebody else.",
      default: 2,
      min: 0.5,
      max: 3600,
      unit: "seconds",
    }),
    idleSeconds: whole({
      doc: "How often an idle camera is started for a preview picture; 0: only at connect, when Home Assistant starts, and on request.",
      default: 60,
      min: 0,
      max: 86_400,
      unit: "seconds",
    }),
    maxWidth: whole({ doc: "Wider pictures are scaled down.", default: 1280, min: 64, max: 7680, unit: "pixels" }),
    retain: flag({ doc: "The broker keeps the last picture (privacy, memory).", default: false }),
  },
};

/** Found by name in the local network. */
export const mdnsSection = {
  enabled: flag({ doc: "Announce the server by mDNS (Bonjour, Avahi).", default: true }),
};

/** H.264 for players and recorders. */
export const rtspSection = {
  enabled: flag({ doc: "Serve RTSP.", default: true }),
  port: whole({ doc: "TCP port of RTSP.", default: 8554, ...port }),
};

/** The camera as ONVIF clients see it. */
export const onvifSection = {
  enabled: flag({ doc: "Serve ONVIF.", default: true }),
  port: whole({
    doc: "Port of the first camera's ONVIF device; each further camera takes the next free one.",
    default: 8800,
    ...port,
  }),
  discovery: flag({ doc: "Answer searches in the local network (WS-Discovery).", default: true }),
  mode: choice({
    doc: "One ONVIF device per camera, or one device with a profile for each.",
    default: "per-camera",
    choices: ["per-camera", "combined"],
  }),
};

const points: Field<readonly (readonly [number, number])[]> = {
  doc: "Corners of the polygon: x and y from 0 (left, top) to 1 (right, bottom).",
  format: "points",
  default: [],
  required: true,
  example: "[[0, 0], [0.5, 0], [0.5, 1]]",
};

/** Movement in the picture; a camera may replace any key. */
export const motionSection = {
  enabled: flag({ doc: "Look for movement.", default: false }),
  sensitivity: whole({ doc: "From 1 (only large, clear movement) to 100.", default: 50, min: 1, max: 100 }),
  fps: decimal({ doc: "Pictures looked at.", default: 5, min: 0.2, max: 30, unit: "a second" }),
  minAreaPercent: decimal({
    doc: "Smaller things are ignored.",
    default: 0.5,
    min: 0,
    max: 100,
    unit: "percent of the picture",
  }),
  holdSeconds: decimal({
    doc: "Movement has ended when there was none for this long.",
    default: 5,
    min: 0,
    max: 600,
    unit: "seconds",
  }),
  zones: sections({
    doc: "Where to look. No zone: the whole picture.",
    section: {
      id: text({ doc: "Name of the zone in events.", default: "zone", required: true, example: "door", ...identifier }),
      mode: choice({
        doc: "Look only here, or never here.",
        default: "include",
        choices: ["include", "exclude"],
      }),
      points,
    },
  }),
};

/** What is kept; a camera may replace any key. */
export const recordingSection = {
  mode: choice({
    doc: "Record never, always, or around movement.",
    default: "off",
    choices: ["off", "continuous", "motion"],
  }),
  directory: text({
    doc: "Where recordings go. Absent: `recordings` in `dataDir`.",
    default: undefined,
    example: "/var/lib/sightline/recordings",
  }),
  segmentSeconds: whole({ doc: "Length of one file.", default: 300, min: 10, max: 3600, unit: "seconds" }),
  maxBytes: size({
    doc: "All recordings together; the oldest go first. Absent: no limit but `minFreeBytes`.",
    default: undefined,
    min: 10_000_000,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
    example: "20G",
  }),
  maxAgeDays: decimal({
    doc: "Older recordings are deleted. Absent: no limit.",
    default: undefined,
    min: 0.01,
    max: 36_500,
    unit: "days",
    example: "14",
  }),
  minFreeBytes: size({
    doc: "Room that is left free on the disk.",
    default: 1_000_000_000,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: "bytes",
  }),
  prerollSeconds: decimal({ doc: "Kept from before movement began.", default: 5, min: 0, max: 60, unit: "seconds" }),
  postrollSeconds: decimal({ doc: "Kept after movement ended.", default: 10, min: 0, max: 600, unit: "seconds" }),
};

/** Live video in Home Assistant without a hand. */
export const homeAssistantSection = {
  url: text({
    doc: "Home Assistant's address. In its own app this and the token come from the Supervisor.",
    default: undefined,
    example: "http://homeassistant.local:8123",
    ...url("http", "https"),
  }),
  token: text({ doc: "Long-lived access token.", default: undefined, sensitive: true, example: "eyJ0…" }),
  liveCamera: choice({
    doc: "Which live camera is added: ONVIF where there is H.264, else MJPEG; one of them; or none.",
    default: "auto",
    choices: ["auto", "onvif", "mjpeg", "off"],
  }),
};

/** Who may look. */
export const authSection = {
  mode: choice({
    doc: "`none` opens every door to everybody who reaches the port.",
    default: "password",
    choices: ["password", "none"],
  }),
  users: sections({
    doc: "Accounts.",
    section: {
      name: text({
        doc: "Name to log in with: letters, digits and ._@+- (spaces within).",
        default: "",
        required: true,
        example: "anna",
      }),
      password: text({
        doc: "Password of 8 to 256 characters, none that everybody tries first; or its scrypt string, as `sightline user hash` prints it.",
        default: "",
        required: true,
        sensitive: true,
        example: "first snow in may",
      }),
      role: choice({
        doc: "May look; may also change controls; may also do everything else.",
        default: "viewer",
        choices: ["admin", "control", "viewer"],
      }),
      cameras: list<string, undefined>({
        doc: "Ids of the cameras that this user sees. Absent: all.",
        default: undefined,
        item: text({ doc: "Camera id.", default: "camera", ...identifier }),
        example: "[front-door]",
      }),
    },
  }),
};
