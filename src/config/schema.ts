import { cameraSection } from "./camera-section.ts";
import {
  authSection,
  homeAssistantSection,
  mdnsSection,
  motionSection,
  mqttSection,
  onvifSection,
  recordingSection,
  rtspSection,
} from "./feature-sections.ts";
import { choice, flag, list, sections, size, text, whole, type Settings } from "./field.ts";
import { addressRange, basePath, frameAncestor, hostName, listenAddress, socketPath, webOrigin } from "./texts.ts";

const serverSection = {
  host: text({
    doc: 'Address to listen on. "::" is every address of this machine, IPv6 and IPv4; 127.0.0.1 keeps it to this machine.',
    default: "::",
    ...listenAddress,
  }),
  port: whole({ doc: "HTTP port; 0 lets the system choose one.", default: 8080, min: 0, max: 65_535 }),
  socket: text({
    doc: "Unix socket to listen on for HTTP, instead of `host` and `port`; for a reverse proxy, which is then trusted. Its group may use it.",
    default: undefined,
    example: "/run/sightline/http.sock",
    ...socketPath,
    alternative: true,
  }),
  https: {
    port: whole({ doc: "HTTPS port, where `cert` and `key` are given.", default: 8443, min: 0, max: 65_535 }),
    cert: text({
      doc: "File with the certificate chain (PEM). Read again when it changes.",
      default: undefined,
      example: "/etc/sightline/fullchain.pem",
    }),
    key: text({ doc: "File with its key (PEM).", default: undefined, example: "/etc/sightline/privkey.pem" }),
    redirect: flag({ doc: "Send whoever comes by HTTP to HTTPS, but for health checks.", default: false }),
    hsts: flag({
      doc: "Tell browsers to come by HTTPS only from now on, for a year. Wants a certificate that browsers accept.",
      default: false,
    }),
  },
  basePath: text({ doc: "Path in front of every URL behind a reverse proxy.", default: "/", ...basePath }),
  trustedProxies: list<string, readonly string[]>({
    doc: "Reverse proxies whose X-Forwarded-* headers are believed.",
    default: [],
    item: text({ doc: "Address.", default: "::1", ...addressRange }),
    example: "[127.0.0.1, '::1']",
  }),
  hosts: list<string, readonly string[]>({
    doc: "Further names under which browsers may reach the server, beside IP addresses, localhost, this machine's names and *.local.",
    default: [],
    item: text({ doc: "Host name.", default: "localhost", ...hostName }),
    example: "[camera.example.org]",
  }),
  corsOrigins: list<string, readonly string[]>({
    doc: "Origins whose web pages may read answers and, with their user's rights, change things. `*` lets every page read what needs no credentials.",
    default: [],
    item: text({ doc: "Origin.", default: "*", ...webOrigin }),
    example: "[https://dashboard.example.org]",
  }),
  frameAncestors: list<string, readonly string[]>({
    doc: "Who may show the web page in a frame: `self`, `none`, or origins such as Home Assistant's.",
    default: ["self"],
    item: text({ doc: "Origin.", default: "self", ...frameAncestor }),
    example: "[self, 'http://homeassistant.local:8123']",
  }),
  limits: {
    connections: whole({ doc: "Connections in all.", default: 1024, min: 1, max: 1_000_000 }),
    perAddress: whole({ doc: "Connections from one address.", default: 256, min: 1, max: 1_000_000 }),
    reserved: whole({ doc: "Of these, kept for health checks and the API.", default: 16, min: 0, max: 1000 }),
    requestsPerSecond: whole({
      doc: "Requests, and new connections, a second from one address; twice as many at once after a pause.",
      default: 200,
      min: 1,
      max: 1_000_000,
    }),
    streams: whole({ doc: "Live streams in all.", default: 512, min: 1, max: 1_000_000 }),
    streamsPerUser: whole({ doc: "Live streams of one user.", default: 128, min: 1, max: 1_000_000 }),
  },
};

const logSection = {
  level: choice({
    doc: "Least important lines to log; also D, I, W, E, C.",
    default: "info",
    choices: ["debug", "info", "warn", "error", "fatal"],
    aliases: {
      d: "debug",
      i: "info",
      w: "warn",
      warning: "warn",
      e: "error",
      c: "fatal",
      critical: "fatal",
      f: "fatal",
    },
  }),
  format: choice({
    doc: "`auto`: pretty on a terminal, else JSON.",
    default: "auto",
    choices: ["auto", "pretty", "json"],
  }),
  file: text({
    doc: "Log file; a number is put before its extension (`sightline.1.log`, …). Standard error then gets lines only where it is a terminal.",
    default: undefined,
    example: "/var/log/sightline/sightline.log",
  }),
  maxBytes: size({
    doc: "Size at which a new log file is begun.",
    default: 5_000_000,
    min: 10_000,
    max: 10_000_000_000,
    unit: "bytes",
  }),
  backups: whole({ doc: "Full log files that are kept beside the current one.", default: 2, min: 1, max: 1000 }),
};

/** The whole configuration. Every key that Sightline knows is here and only here. */
export const schema = {
  server: serverSection,
  auth: authSection,
  cameras: sections({
    doc: "The cameras, in their order; the first is the one that `/stream` means. Without any, every capture device is a camera.",
    section: cameraSection,
  }),
  mqtt: mqttSection,
  mdns: mdnsSection,
  rtsp: rtspSection,
  onvif: onvifSection,
  motion: motionSection,
  recording: recordingSection,
  homeAssistant: homeAssistantSection,
  log: logSection,
  dataDir: text({
    doc: "Where Sightline keeps its own files. A relative path starts at the working directory.",
    default: "./data",
  }),
  priority: whole({
    doc: "Niceness of the process: from -20 (first served) to 19.",
    default: 0,
    min: -20,
    max: 19,
  }),
};

/** Movement settings of one camera. */
export type MotionConfig = Settings<typeof motionSection>;
/** Recording settings of one camera. */
export type RecordingConfig = Settings<typeof recordingSection>;

/** One configured camera. `motion` and `recording` are complete: the general sections with the camera's own keys on top. */
export type CameraConfig = Omit<Settings<typeof cameraSection>, "motion" | "recording"> & {
  readonly motion: MotionConfig;
  readonly recording: RecordingConfig;
};

/** The loaded configuration: every key has its value or default; frozen through and through. */
export type Config = Omit<Settings<typeof schema>, "cameras"> & { readonly cameras: readonly CameraConfig[] };
