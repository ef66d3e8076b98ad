import type { Findings } from "./resolve-section.ts";
import type { CameraConfig, Config } from "./schema.ts";

/** One rule that was broken: at which key, why, and which other keys had to be right for saying so. */
interface Breach {
  readonly key: string;
  readonly allowed: string;
  readonly involves?: readonly string[];
}

/**
 * What no single key can tell: what must come together, what excludes what, what must differ. Rules about keys that are
 * wrong in themselves say nothing; the problems go to `findings`.
 */
export function checkConfig(config: Config, findings: Findings): void {
  const wrong = findings.problems.map(({ key }) => key);
  const breaches = [
    ...config.cameras.flatMap((camera, index) => checkCamera(camera, `cameras.${index}`, findings)),
    ...checkCameraNames(config.cameras),
    ...checkServer(config, findings),
    ...checkPorts(config),
    ...checkUsers(config),
    ...checkTogether(config),
    ...checkMqttEncryption(config),
  ];
  for (const { key, allowed, involves = [] } of breaches) {
    const isSound = [key, ...involves].every(
      (name) => !wrong.some((bad) => bad === name || name.startsWith(`${bad}.`)),
    );
    if (!isSound) continue;
    const origin = findings.originOf(key.split("."));
    findings.problems.push({ key, value: undefined, allowed: origin ? `${allowed} (${origin})` : allowed });
  }
}

function checkCamera(camera: CameraConfig, path: string, { given }: Findings): Breach[] {
  const involves = [`${path}.source`];
  const breaches: Breach[] = [];
  if (camera.source === "command" && !camera.command?.length) {
    breaches.push({
      key: `${path}.command`,
      allowed: "must be given with source: command, e.g. [rpicam-vid, -o, '-']",
      involves,
    });
  }
  if (camera.source !== "command" && given.has(`${path}.command`)) {
    breaches.push({ key: `${path}.command`, allowed: "is only used with source: command", involves });
  }
  if (camera.source !== "v4l2" && given.has(`${path}.device`)) {
    breaches.push({ key: `${path}.device`, allowed: `is not used with source: ${camera.source}`, involves });
  }
  for (const name of ["width", "height", "controls"].filter(
    (key) => camera.source === "command" && given.has(`${path}.${key}`),
  )) {
    breaches.push({
      key: `${path}.${name}`,
      allowed: "is not used with source: command, which decides that itself",
      involves,
    });
  }
  if (camera.source === "command" && !["auto", "mjpeg", "h264"].includes(camera.format)) {
    breaches.push({
      key: `${path}.format`,
      allowed: "must be one of auto, mjpeg, h264 with source: command",
      involves,
    });
  }
  return breaches;
}

function checkCameraNames(cameras: readonly CameraConfig[]): Breach[] {
  const breaches = [
    ...repeated(
      cameras.map(({ id }) => id),
      (index) => `cameras.${index}.id`,
    ),
    ...repeated(
      cameras.map(({ device }) => device),
      (index) => `cameras.${index}.device`,
    ),
  ];
  const v4l2 = cameras.map((camera, index) => ({ camera, index })).filter(({ camera }) => camera.source === "v4l2");
  if (v4l2.length < 2) return breaches;
  for (const { index } of v4l2.filter(({ camera }) => camera.device === undefined)) {
    breaches.push({
      key: `cameras.${index}.device`,
      allowed: "must be given where there are several cameras with source: v4l2",
      involves: v4l2.map((other) => `cameras.${other.index}.source`),
    });
  }
  return breaches;
}

function checkServer({ server }: Config, { given }: Findings): Breach[] {
  const breaches: Breach[] = [];
  const { cert, key } = server.https;
  const involves = ["server.https.cert", "server.https.key"];
  if (cert !== undefined && key === undefined) {
    breaches.push({ key: "server.https.key", allowed: "must be given together with server.https.cert", involves });
  }
  if (key !== undefined && cert === undefined) {
    breaches.push({ key: "server.https.cert", allowed: "must be given together with server.https.key", involves });
  }
  if (given.has("server.https.port") && cert === undefined && key === undefined) {
    breaches.push({ key: "server.https.port", allowed: "needs server.https.cert and server.https.key", involves });
  }
  for (const name of ["redirect", "hsts"] as const) {
    if (!server.https[name] || (cert !== undefined && key !== undefined)) continue;
    breaches.push({
      key: `server.https.${name}`,
      allowed: "needs server.https.cert and server.https.key",
      involves,
    });
  }
  if (server.frameAncestors.includes("none") && server.frameAncestors.length > 1) {
    breaches.push({ key: "server.frameAncestors", allowed: "must be none alone, or without it" });
  }
  const { connections, perAddress, reserved } = server.limits;
  if (perAddress > connections)
    breaches.push(limit("perAddress", `must be at most server.limits.connections (${connections})`));
  if (reserved >= connections)
    breaches.push(limit("reserved", `must be less than server.limits.connections (${connections})`));
  return breaches;
}

function limit(name: string, allowed: string): Breach {
  return { key: `server.limits.${name}`, allowed, involves: ["server.limits.connections"] };
}

function checkPorts({ server, rtsp, onvif }: Config): Breach[] {
  const ports = [
    { key: "server.port", port: server.port, used: true },
    { key: "server.https.port", port: server.https.port, used: server.https.cert !== undefined },
    { key: "rtsp.port", port: rtsp.port, used: rtsp.enabled },
    { key: "onvif.port", port: onvif.port, used: onvif.enabled },
  ].filter(({ used, port }) => used && port !== 0);
  return ports.flatMap(({ key, port }, index) => {
    const first = ports.slice(0, index).find((other) => other.port === port);
    const switches = ["rtsp.enabled", "onvif.enabled"];
    return first
      ? [{ key, allowed: `must differ from ${first.key}, which is ${port} too`, involves: [first.key, ...switches] }]
      : [];
  });
}

function checkUsers({ auth, cameras }: Config): Breach[] {
  const ids = cameras.map(({ id }) => id);
  const unknown = auth.users.flatMap((user, index) => {
    // Cameras that are found by themselves get their ids later.
    if (ids.length === 0 || ids.includes(undefined)) return [];
    const strange = (user.cameras ?? []).filter((id) => !ids.includes(id));
    if (strange.length === 0) return [];
    const allowed = `must be ids of configured cameras (${ids.join(", ")}), not ${strange.join(", ")}`;
    return [{ key: `auth.users.${index}.cameras`, allowed, involves: ids.map((_, camera) => `cameras.${camera}.id`) }];
  });
  return [
    ...repeated(
      auth.users.map(({ name }) => name),
      (index) => `auth.users.${index}.name`,
    ),
    ...unknown,
  ];
}

function checkTogether({ mqtt, homeAssistant }: Config): Breach[] {
  const pairs = [
    { needs: ["mqtt.username", mqtt.username], has: ["mqtt.password", mqtt.password] },
    { needs: ["mqtt.key", mqtt.key], has: ["mqtt.cert", mqtt.cert] },
    { needs: ["mqtt.cert", mqtt.cert], has: ["mqtt.key", mqtt.key] },
    { needs: ["homeAssistant.token", homeAssistant.token], has: ["homeAssistant.url", homeAssistant.url] },
    { needs: ["homeAssistant.url", homeAssistant.url], has: ["homeAssistant.token", homeAssistant.token] },
  ] as const;
  return pairs
    .filter(({ needs, has }) => has[1] !== undefined && needs[1] === undefined)
    .map(({ needs, has }) => ({ key: needs[0], allowed: `must be given together with ${has[0]}`, involves: [has[0]] }));
}

/** Certificates say that the connection is meant to be encrypted; `mqtt://` would not be. */
function checkMqttEncryption({ mqtt }: Config): Breach[] {
  if (mqtt.url === undefined || /^(mqtts|wss):/i.test(mqtt.url)) return [];
  return (["ca", "cert", "key"] as const)
    .filter((name) => mqtt[name] !== undefined)
    .map((name) => ({
      key: `mqtt.${name}`,
      allowed: "is only used with an encrypted connection: mqtt.url must begin with mqtts:// or wss://",
      involves: ["mqtt.url"],
    }));
}

function repeated(values: readonly (string | undefined)[], keyOf: (index: number) => string): Breach[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (value === undefined || first === index) return [];
    return [{ key: keyOf(index), allowed: `must differ from ${keyOf(first)}`, involves: [keyOf(first)] }];
  });
}
