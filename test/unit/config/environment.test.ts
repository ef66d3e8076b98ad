import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { environmentName, keyOfEnvironmentName, readEnvironment } from "../../../src/config/environment.ts";
import { listKeys } from "../../../src/config/key-lookup.ts";
import { schema } from "../../../src/config/schema.ts";
import { loadYaml } from "./load-from.ts";

const keys = listKeys(schema).map(({ path }) => path);

function keyPaths() {
  const positions = fc.array(fc.nat(999), { minLength: 4, maxLength: 4 });
  return fc.tuple(fc.constantFrom(...keys), positions).map(([path, numbers]) => {
    let next = 0;
    return path.map((key) => (key === "N" ? String(numbers[next++]) : key));
  });
}

test("the variable of a key is its path in capitals", () => {
  const names = {
    "mqtt.baseTopic": "SIGHTLINE_MQTT_BASE_TOPIC",
    "homeAssistant.liveCamera": "SIGHTLINE_HOME_ASSISTANT_LIVE_CAMERA",
    "cameras.0.h264.gopSeconds": "SIGHTLINE_CAMERAS_0_H264_GOP_SECONDS",
    "server.https.port": "SIGHTLINE_SERVER_HTTPS_PORT",
    dataDir: "SIGHTLINE_DATA_DIR",
  };
  for (const [key, name] of Object.entries(names)) assert.equal(environmentName(key.split(".")), name);
});

test("keys and variables are in one-to-one correspondence", () => {
  assert.ok(keys.length > 100);
  assert.equal(new Set(keys.map(environmentName)).size, keys.length);
  fc.assert(
    fc.property(keyPaths(), (path) => assert.deepEqual(keyOfEnvironmentName(schema, environmentName(path)), path)),
    { numRuns: 2000 },
  );
});

test("whole sections, lists and single controls are keys too", () => {
  const names = {
    SIGHTLINE_SERVER: ["server"],
    SIGHTLINE_CAMERAS_12: ["cameras", "12"],
    SIGHTLINE_CAMERAS_0_CONTROLS_WHITE_BALANCE_AUTOMATIC: ["cameras", "0", "controls", "white_balance_automatic"],
    SIGHTLINE_SERVER_HOSTS_1: ["server", "hosts", "1"],
    SIGHTLINE_CAMERAS_WIDTH: undefined,
    SIGHTLINE_CAMERAS_0_: undefined,
    SIGHTLINE_: undefined,
    SIGHTLINE_server_port: undefined,
    PATH: undefined,
  };
  for (const [name, path] of Object.entries(names)) assert.deepEqual(keyOfEnvironmentName(schema, name), path, name);
});

test("any name either is a key's own or becomes a problem that names it", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9_]{0,30}$/), (rest) => {
      const name = `SIGHTLINE_${rest}`;
      const path = keyOfEnvironmentName(schema, name);
      const { settings, problems } = readEnvironment(schema, { [name]: "1" });
      if (rest === "CONFIG") return;
      assert.deepEqual([settings.length, problems.length], path ? [1, 0] : [0, 1]);
      if (!path) assert.equal(problems[0]?.key, name);
    }),
  );
});

test("wide settings come before narrow ones and entries in order, however the environment is sorted", () => {
  const env = {
    SIGHTLINE_CAMERAS_10_WIDTH: "74",
    SIGHTLINE_CAMERAS_2_WIDTH: "66",
    SIGHTLINE_CAMERAS_0_WIDTH: "64",
    SIGHTLINE_CAMERAS: "[]",
    SIGHTLINE_SERVER_LIMITS: "{}",
  };
  const { settings } = readEnvironment(schema, env);
  assert.deepEqual(
    settings.map(({ name }) => name),
    [
      "SIGHTLINE_CAMERAS",
      "SIGHTLINE_SERVER_LIMITS",
      "SIGHTLINE_CAMERAS_0_WIDTH",
      "SIGHTLINE_CAMERAS_2_WIDTH",
      "SIGHTLINE_CAMERAS_10_WIDTH",
    ],
  );
});

test("groups and lists in JSON or YAML, with single keys on top", () => {
  const { config } = loadYaml("cameras: [{ id: old }, { id: older, device: /dev/a }]", {
    env: {
      SIGHTLINE_CAMERAS: '[{"id": "new", "source": "test-pattern", "width": 320}]',
      SIGHTLINE_CAMERAS_0_WIDTH: "640",
      SIGHTLINE_CAMERAS_1_SOURCE: "command",
      SIGHTLINE_CAMERAS_1_COMMAND: "[cat, file]",
      SIGHTLINE_CAMERAS_0_CONTROLS: "{ brightness: 1, contrast: 2 }",
      SIGHTLINE_CAMERAS_0_CONTROLS_CONTRAST: "3",
      SIGHTLINE_SERVER: "{ port: 99 }",
      SIGHTLINE_SERVER_BASE_PATH: "/x",
      SIGHTLINE_MQTT_PASSWORD: "",
    },
  });
  const [first, second] = config.cameras;
  assert.deepEqual([first?.id, first?.width, first?.controls], ["new", 640, { brightness: 1, contrast: 3 }]);
  assert.deepEqual([second?.id, second?.command], ["command", ["cat", "file"]]);
  assert.deepEqual([config.server.port, config.server.basePath, config.mqtt.password], [99, "/x", undefined]);
});
