import assert from "node:assert/strict";
import { test } from "node:test";
import { loadYaml } from "./load-from.ts";

test("quotes make no difference, wherever they come from", () => {
  for (const level of ["warn", "WARN", "'Warning'", '"W"', "w"]) {
    assert.equal(loadYaml(`log: { level: ${level} }`).config.log.level, "warn", level);
    assert.equal(loadYaml(undefined, { env: { SIGHTLINE_LOG_LEVEL: level } }).config.log.level, "warn", level);
  }
  for (const port of ["8090", "'8090'", '"8090"']) {
    assert.equal(loadYaml(`server: { port: ${port} }`).config.server.port, 8090);
    assert.equal(loadYaml(undefined, { env: { SIGHTLINE_SERVER_PORT: port } }).config.server.port, 8090);
    assert.equal(loadYaml(undefined, { flags: { port } }).config.server.port, 8090);
  }
});

test("log levels by one letter as of old", () => {
  const levels = ["D", "I", "W", "E", "C", "critical", "Fatal", "d"].map(
    (level) => loadYaml(undefined, { flags: { logLevel: level } }).config.log.level,
  );
  assert.deepEqual(levels, ["debug", "info", "warn", "error", "fatal", "fatal", "fatal", "debug"]);
});

test("booleans can be switched off in every usual way", () => {
  for (const off of ["false", "False", "no", "off", "0", "'false'", '"0"', "FALSE"]) {
    assert.equal(loadYaml(`mdns: { enabled: ${off} }`).config.mdns.enabled, false, off);
    assert.equal(loadYaml(undefined, { env: { SIGHTLINE_MDNS_ENABLED: off } }).config.mdns.enabled, false, off);
  }
  for (const on of ["true", "yes", "on", "1", "'true'"]) {
    assert.equal(loadYaml(`motion: { enabled: ${on} }`).config.motion.enabled, true, on);
  }
  assert.equal(loadYaml("recording: { mode: false }").config.recording.mode, "off");
});

test("text stays as it was written, though it looks like a number", () => {
  const { mqtt } = loadYaml("mqtt: { username: 007, password: 0123, clientId: 1e3, baseTopic: no }").config;
  assert.deepEqual([mqtt.username, mqtt.password, mqtt.clientId, mqtt.baseTopic], ["007", "0123", "1e3", "no"]);
});

test("numbers, sizes, fractions and their units", () => {
  const { config } = loadYaml(`
cameras: [{ source: test-pattern, fps: 29.97, width: 0x500, rotation: "270", h264: { bitrate: 1.5M } }]
recording: { maxBytes: 20 GB, minFreeBytes: 1Gi }
log: { maxBytes: 500k }
priority: -5
`);
  const [camera] = config.cameras;
  assert.deepEqual([camera?.fps, camera?.width, camera?.rotation, camera?.h264.bitrate], [29.97, 1280, 270, 1_500_000]);
  assert.deepEqual([config.recording.maxBytes, config.recording.minFreeBytes], [20e9, 1024 ** 3]);
  assert.deepEqual([config.log.maxBytes, config.priority], [500_000, -5]);
});

test("controls take the type that they look like", () => {
  const yaml = `
cameras:
  - controls:
      brightness: 140
      zoom: -3
      focus_automatic_continuous: false
      backlight: off
      label: front door
      mask: 0xff
      huge: 9223372036854775807
`;
  assert.deepEqual(loadYaml(yaml).config.cameras[0]?.controls, {
    brightness: 140,
    zoom: -3,
    focus_automatic_continuous: false,
    backlight: false,
    label: "front door",
    mask: 255,
    huge: "9223372036854775807",
  });
});

test("formats by any of their names", () => {
  const names = { mjpg: "mjpeg", MJPEG: "mjpeg", YUY2: "yuyv", i420: "yu12", gray: "grey", auto: "auto" };
  for (const [name, format] of Object.entries(names)) {
    assert.equal(loadYaml(`cameras: [{ format: ${name} }]`).config.cameras[0]?.format, format);
  }
});

test("order in the file makes no difference", () => {
  const forward = "server: { port: 1 }\ncameras: [{ width: 640, id: a }]\nlog: { level: E }";
  const backward = "log: { level: E }\ncameras: [{ id: a, width: 640 }]\nserver: { port: 1 }";
  assert.deepEqual(loadYaml(forward).config, loadYaml(backward).config);
});

test("anchors and << let cameras share settings", () => {
  const yaml = `
cameras:
  - &base { id: a, source: test-pattern, fps: 5 }
  - { <<: *base, id: b }
`;
  assert.deepEqual(
    loadYaml(yaml).config.cameras.map(({ id, fps }) => [id, fps]),
    [
      ["a", 5],
      ["b", 5],
    ],
  );
});

test("JSON is YAML too", () => {
  const json = JSON.stringify({ server: { port: 9 }, cameras: [{ id: "a", width: null, controls: { b: true } }] });
  const { config } = loadYaml(json);
  assert.equal(config.server.port, 9);
  assert.deepEqual(config.cameras[0]?.controls, { b: true });
});

test("lists of words and of polygons", () => {
  const { config } = loadYaml(`
server: { trustedProxies: [10.0.0.0/8, "::1"], hosts: ["*.example.org", camera] }
cameras: [{ source: command, command: [ffmpeg, -i, 1, x] }]
motion: { zones: [{ id: door, points: [[0, 0], [0.5, "0"], [1, 1]] }] }
`);
  assert.deepEqual(config.server.trustedProxies, ["10.0.0.0/8", "::1"]);
  assert.deepEqual(config.server.hosts, ["*.example.org", "camera"]);
  assert.deepEqual(config.cameras[0]?.command, ["ffmpeg", "-i", "1", "x"]);
  assert.deepEqual(config.motion.zones, [
    {
      id: "door",
      mode: "include",
      points: [
        [0, 0],
        [0.5, 0],
        [1, 1],
      ],
    },
  ]);
});
