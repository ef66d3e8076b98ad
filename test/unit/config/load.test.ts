import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { inDirectory, loadYaml, mistakesOf } from "./load-from.ts";

test("without file, variables and flags everything stands at its default", () => {
  const { config, file, secrets } = loadYaml(undefined);
  assert.equal(file, undefined);
  assert.deepEqual(secrets, []);
  assert.deepEqual(config.cameras, []);
  assert.deepEqual(config.server, {
    host: "::",
    port: 8080,
    https: { port: 8443, redirect: false, hsts: false },
    basePath: "/",
    trustedProxies: [],
    hosts: [],
    corsOrigins: [],
    frameAncestors: ["self"],
    limits: {
      connections: 1024,
      perAddress: 256,
      reserved: 16,
      requestsPerSecond: 200,
      streams: 512,
      streamsPerUser: 128,
    },
  });
  assert.deepEqual(config.log, { level: "info", format: "auto", maxBytes: 5_000_000, backups: 2 });
  assert.equal(config.dataDir, "./data");
  assert.equal(config.priority, 0);
});

test("an empty file, one of comments only and empty sections count as nothing said", () => {
  for (const yaml of [
    "",
    "# nothing yet\n",
    "---\n",
    "server:\ncameras:\nlog: ~\n",
    "server: { https: { cert: '', key: } }",
  ]) {
    assert.deepEqual(loadYaml(yaml).config, loadYaml(undefined).config, JSON.stringify(yaml));
  }
});

test("flags come before variables, variables before the file, the file before defaults", () => {
  const yaml = "server: { port: 1001, host: 127.0.0.1 }\nlog: { level: error }\npriority: 5\ndataDir: ./file";
  const env = { SIGHTLINE_SERVER_PORT: "1002", SIGHTLINE_LOG_LEVEL: "warn", SIGHTLINE_PRIORITY: "6" };
  const flags = { port: "1003", set: ["priority=7"] };
  const { config } = loadYaml(yaml, { env, flags });
  assert.equal(config.server.port, 1003);
  assert.equal(config.log.level, "warn");
  assert.equal(config.priority, 7);
  assert.equal(config.dataDir, "./file");
  assert.equal(config.server.host, "127.0.0.1");
  assert.equal(config.server.basePath, "/");
});

test("every shorthand flag sets its key", () => {
  const flags = { host: "::1", port: "81", dataDir: "/d", logLevel: "E", device: "/dev/video7" };
  const { config } = loadYaml(undefined, { flags });
  assert.deepEqual(
    [config.server.host, config.server.port, config.dataDir, config.log.level],
    ["::1", 81, "/d", "error"],
  );
  assert.deepEqual(
    config.cameras.map(({ device, source }) => [device, source]),
    [["/dev/video7", "v4l2"]],
  );
});

test("the file is ./sightline.yaml, or the one that the variable or, before it, the flag names", () => {
  inDirectory("priority: 1", (cwd) => {
    writeFileSync(join(cwd, "other.yaml"), "priority: 2");
    writeFileSync(join(cwd, "third.yaml"), "priority: 3");
    assert.equal(loadConfig({ env: {}, cwd }).file, join(cwd, "sightline.yaml"));
    const env = { SIGHTLINE_CONFIG: "other.yaml" };
    assert.equal(loadConfig({ env, cwd }).config.priority, 2);
    const named = loadConfig({ env, cwd, flags: { config: "third.yaml" } });
    assert.equal(named.config.priority, 3);
    assert.equal(named.file, join(cwd, "third.yaml"));
  });
});

test("a file that was asked for must be there, one that is there must be readable", () => {
  assert.deepEqual(mistakesOf(undefined, { flags: { config: "nowhere.yaml" } }), [
    "nowhere.yaml: cannot be read: there is no such file",
  ]);
  inDirectory(undefined, (cwd) => {
    mkdirSync(join(cwd, "sightline.yaml"));
    assert.throws(() => loadConfig({ env: {}, cwd }), /sightline\.yaml: cannot be read: it is a directory/);
  });
  const notRoot = process.getuid?.() !== 0;
  inDirectory("priority: 1", (cwd) => {
    chmodSync(join(cwd, "sightline.yaml"), 0);
    if (notRoot) assert.throws(() => loadConfig({ env: {}, cwd }), /this user may not read it/);
  });
});

test("--device makes one camera and keeps what was configured for that device", () => {
  const yaml = "cameras: [{ device: /dev/video0, id: a }, { device: /dev/video1, id: b, fps: 5 }]";
  const known = loadYaml(yaml, { flags: { device: "/dev/video1", set: ["cameras.0.width=640"] } });
  assert.deepEqual(
    known.config.cameras.map(({ id, fps, width }) => [id, fps, width]),
    [["b", 5, 640]],
  );
  const strange = loadYaml(yaml, { flags: { device: "/dev/video9" } });
  assert.deepEqual(
    strange.config.cameras.map(({ id, device }) => [id, device]),
    [[undefined, "/dev/video9"]],
  );
});

test("what a camera leaves out stays out; its motion and recording lie on the general sections", () => {
  const yaml = `
recording: { mode: continuous, segmentSeconds: 60 }
motion: { sensitivity: 30 }
cameras:
  - { id: a, source: test-pattern, recording: { mode: motion }, motion: { enabled: true } }
`;
  const [camera] = loadYaml(yaml).config.cameras;
  assert.ok(camera);
  assert.equal("width" in camera || "height" in camera || "fps" in camera || "device" in camera, false);
  assert.equal(camera.lingerSeconds, 10);
  assert.equal(camera.rotation, 0);
  assert.deepEqual([camera.recording.mode, camera.recording.segmentSeconds], ["motion", 60]);
  assert.deepEqual([camera.motion.enabled, camera.motion.sensitivity], [true, 30]);
});

test("cameras that have no device to be named after get an id, each its own", () => {
  const yaml = `cameras: [{ source: test-pattern }, { source: test-pattern }, { source: command, command: [cat, x] }, {}]`;
  assert.deepEqual(
    loadYaml(yaml).config.cameras.map(({ id }) => id),
    ["test-pattern", "test-pattern-2", "command", undefined],
  );
});

test("the configuration is frozen through and through", () => {
  const { config } = loadYaml("cameras: [{ controls: { a: 1 }, source: v4l2 }]\nserver: { hosts: [a] }");
  const parts = [
    config,
    config.server,
    config.server.hosts,
    config.cameras,
    config.cameras[0],
    config.cameras[0]?.controls,
  ];
  for (const part of parts) assert.ok(Object.isFrozen(part));
});

test("features to come are accepted and named in one warning, only where they were asked for", () => {
  const local = { flags: { host: "127.0.0.1" } };
  const yaml = `
mqtt: { url: mqtt://broker, baseTopic: x }
rtsp: { enabled: false, port: 1 }
recording: { mode: off }
motion: { sensitivity: 5 }
cameras: [{ source: test-pattern, rotation: 0, flip: both }, { device: /dev/video7, rotation: "90", format: h264 }]
`;
  assert.deepEqual(loadYaml(yaml, local).warnings, [
    "accepted, but without effect in this version: cameras.0.flip, cameras.1.format, cameras.1.rotation, motion",
  ]);
  assert.deepEqual(loadYaml("server: { port: 1 }\nlog: { level: debug }", local).warnings, []);
});

test("open doors are warned of at every start, in other words on the loopback", () => {
  const warning =
    "auth.mode is none: whoever reaches port 8080 sees every camera and may change everything; server.host: 127.0.0.1 keeps it to this machine";
  assert.deepEqual(loadYaml(undefined).warnings, []);
  assert.deepEqual(loadYaml("auth: { mode: none }").warnings, [warning]);
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    const [local = ""] = loadYaml("auth: { mode: none }", { flags: { host } }).warnings;
    assert.match(local, /^auth\.mode is none: everybody on this machine/, host);
  }
  assert.deepEqual(loadYaml("auth: { mode: none }", { flags: { host: "192.168.1.1" } }).warnings, [warning]);
});

test("secrets are handed to the log, the password within a URL too", () => {
  const yaml =
    "mqtt: { url: 'mqtt://me:p%40ss@broker', username: u, password: other }\nauth: { users: [{ name: a, password: third }] }";
  assert.deepEqual([...loadYaml(yaml).secrets].sort(), ["mqtt://me:p%40ss@broker", "other", "p%40ss", "p@ss", "third"]);
});
