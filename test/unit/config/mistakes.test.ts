import assert from "node:assert/strict";
import { test } from "node:test";
import { mistakesOf } from "./load-from.ts";

/** What is written, and every line that is then said. */
const mistakes: readonly (readonly [what: string, yaml: string, lines: readonly string[]])[] = [
  [
    "a word for a number",
    "server: { port: http }",
    ['server.port: is "http", must be a whole number from 0 to 65535 (sightline.yaml, line 1)'],
  ],
  [
    "half a number",
    "server: { port: 80abc }",
    ['server.port: is "80abc", must be a whole number from 0 to 65535 (sightline.yaml, line 1)'],
  ],
  [
    "a number out of range",
    "\npriority: 20",
    ['priority: is "20", must be a whole number from -20 to 19 (sightline.yaml, line 2)'],
  ],
  [
    "a fraction",
    "server: { port: 80.5 }",
    ['server.port: is "80.5", must be a whole number from 0 to 65535 (sightline.yaml, line 1)'],
  ],
  [
    "a strange word",
    "log: { level: loud }",
    ['log.level: is "loud", must be one of debug, info, warn, error, fatal (sightline.yaml, line 1)'],
  ],
  [
    "no boolean",
    "mdns: { enabled: maybe }",
    ['mdns.enabled: is "maybe", must be true or false (sightline.yaml, line 1)'],
  ],
  [
    "-1 for nothing",
    "cameras: [{ width: -1 }]",
    ['cameras.0.width: is "-1", must be a whole number from 16 to 16384 pixels (sightline.yaml, line 1)'],
  ],
  [
    "a strange angle",
    "cameras: [{ rotation: 45 }]",
    ['cameras.0.rotation: is "45", must be one of 0, 90, 180, 270 (sightline.yaml, line 1)'],
  ],
  [
    "a strange size",
    "log: { maxBytes: much }",
    [
      'log.maxBytes: is "much", must be a whole number from 10000 to 10000000000 bytes, also written as 500k, 10M, 1.5G or 2Gi (sightline.yaml, line 1)',
    ],
  ],
  [
    "a bad id",
    "cameras:\n  - id: Front Door",
    [
      'cameras.0.id: is "Front Door", must be 1 to 64 of a-z, 0-9 and -, not starting or ending with - (sightline.yaml, line 2)',
    ],
  ],
  [
    "a bad address",
    "server: { host: 'http://x' }",
    [
      'server.host: is "http://x", must be an IP address or host name without port or scheme; "::" means every address of this machine (sightline.yaml, line 1)',
    ],
  ],
  [
    "a bad range",
    "server: { trustedProxies: [10.0.0.0/99] }",
    [
      'server.trustedProxies: is "(a list)", must be a list, e.g. [one, two], each an IP address or a range such as 192.168.0.0/16 (sightline.yaml, line 1)',
    ],
  ],
  [
    "a relative socket",
    "server: { socket: http.sock }",
    ['server.socket: is "http.sock", must be an absolute path of at most 107 bytes (sightline.yaml, line 1)'],
  ],
  [
    "an origin with a path",
    "server: { corsOrigins: [https://example.org/path] }",
    [
      'server.corsOrigins: is "(a list)", must be a list, e.g. [one, two], each an origin such as https://example.org or http://192.168.1.2:8123, or "*" (sightline.yaml, line 1)',
    ],
  ],
  [
    "a policy smuggled into frame-ancestors",
    'server: { frameAncestors: ["self; script-src *"] }',
    [
      'server.frameAncestors: is "(a list)", must be a list, e.g. [one, two], each self, none, or an origin such as http://homeassistant.local:8123 (its first label may be *) (sightline.yaml, line 1)',
    ],
  ],
  [
    "none and others",
    "server: { frameAncestors: [none, self] }",
    ["server.frameAncestors: must be none alone, or without it (sightline.yaml, line 1)"],
  ],
  [
    "a redirect to nowhere",
    "server: { https: { redirect: true, hsts: true } }",
    [
      "server.https.redirect: needs server.https.cert and server.https.key (sightline.yaml, line 1)",
      "server.https.hsts: needs server.https.cert and server.https.key (sightline.yaml, line 1)",
    ],
  ],
  [
    "a bad topic",
    "mqtt: { baseTopic: a/# }",
    ['mqtt.baseTopic: is "a/#", must be an MQTT topic without +, #, $ or / at its ends (sightline.yaml, line 1)'],
  ],
  [
    "a bad path",
    "server: { basePath: /a/../b }",
    ['server.basePath: is "/a/../b", must be a path that starts with "/", e.g. /camera (sightline.yaml, line 1)'],
  ],
  [
    "a group for a value",
    "server: { port: { a: 1 } }",
    ['server.port: is "(a group of keys)", must be a whole number from 0 to 65535 (sightline.yaml, line 1)'],
  ],
  ["a value for a group", "server: 8080", ['server: is "8080", must be a group of keys (sightline.yaml, line 1)']],
  ["a value for the file", "hello", ['(file): is "(hidden)", must be a group of keys (sightline.yaml, line 1)']],
  [
    "a group for a list",
    "cameras: { a: 1 }",
    [
      'cameras: is "(hidden)", must be a list, each entry with its own keys (sightline.yaml, line 1)'.replace(
        "(hidden)",
        "(a group of keys)",
      ),
    ],
  ],
  ["a value for an entry", "cameras: [a]", ['cameras.0: is "a", must be a group of keys (sightline.yaml, line 1)']],
  [
    "text for a command",
    "cameras: [{ source: command, command: cat x }]",
    [
      'cameras.0.command: is "cat x", must be a list, e.g. [one, two], each text on one line, not empty (sightline.yaml, line 1)',
    ],
  ],
  [
    "a list for controls",
    "cameras: [{ controls: [1] }]",
    [
      'cameras.0.controls: is "(a list)", must be control names (lower case, digits and _) with a number, true, false or text each (sightline.yaml, line 1)',
    ],
  ],
  [
    "a size for a command",
    "cameras: [{ source: command, command: [cat], width: 640, controls: { a: 1 } }]",
    [
      "cameras.0.width: is not used with source: command, which decides that itself (sightline.yaml, line 1)",
      "cameras.0.controls: is not used with source: command, which decides that itself (sightline.yaml, line 1)",
    ],
  ],
  [
    "bad controls",
    "cameras: [{ controls: { Brightness: 1 } }]",
    [
      'cameras.0.controls: is "(a group of keys)", must be control names (lower case, digits and _) with a number, true, false or text each (sightline.yaml, line 1)',
    ],
  ],
  [
    "two corners",
    "motion: { zones: [{ id: a, points: [[0, 0], [1, 1]] }] }",
    [
      'motion.zones.0.points: is "(a list)", must be a list of at least three points [x, y], each number from 0 to 1 (sightline.yaml, line 1)',
    ],
  ],
  [
    "a missing key",
    "auth:\n  users:\n    - name: a",
    ["auth.users.0.password: is missing; it must be text on one line, not empty"],
  ],
  [
    "an unknown key",
    "server: { prot: 1 }",
    ["server.prot: is not a known key; did you mean port? (sightline.yaml, line 1)"],
  ],
  [
    "an unknown key far from all",
    "mdns: { loudness: 1 }",
    ["mdns.loudness: is not a known key; known here: enabled (sightline.yaml, line 1)"],
  ],
  [
    "an unknown section",
    "\nservers: {}",
    ["servers: is not a known key; did you mean server? (sightline.yaml, line 2)"],
  ],
  [
    "an unknown key in a camera",
    "cameras:\n  - id: a\n    widht: 3",
    ["cameras.0.widht: is not a known key; did you mean width? (sightline.yaml, line 3)"],
  ],
  [
    "keys of objects",
    "__proto__: {}\nconstructor: 1",
    [
      "__proto__: is not a known key; known here: server, auth, cameras, mqtt, mdns, rtsp, onvif, motion, recording, homeAssistant, log, dataDir, priority (sightline.yaml, line 1)",
      "constructor: is not a known key; known here: server, auth, cameras, mqtt, mdns, rtsp, onvif, motion, recording, homeAssistant, log, dataDir, priority (sightline.yaml, line 2)",
    ],
  ],
  [
    "command without command",
    "cameras: [{ source: command }]",
    ["cameras.0.command: must be given with source: command, e.g. [rpicam-vid, -o, '-']"],
  ],
  [
    "command for v4l2",
    "cameras: [{ command: [cat] }]",
    ["cameras.0.command: is only used with source: command (sightline.yaml, line 1)"],
  ],
  [
    "device for a pattern",
    "cameras: [{ source: test-pattern, device: /dev/video0 }]",
    ["cameras.0.device: is not used with source: test-pattern (sightline.yaml, line 1)"],
  ],
  [
    "raw from a command",
    "cameras: [{ source: command, command: [cat], format: nv12 }]",
    ["cameras.0.format: must be one of auto, mjpeg, h264 with source: command (sightline.yaml, line 1)"],
  ],
  [
    "one id twice",
    "cameras:\n- { id: a, device: /dev/a }\n- { id: a, device: /dev/b }",
    ["cameras.1.id: must differ from cameras.0.id (sightline.yaml, line 3)"],
  ],
  [
    "one device twice",
    "cameras: [{ device: /dev/a }, { device: /dev/a }]",
    ["cameras.1.device: must differ from cameras.0.device (sightline.yaml, line 1)"],
  ],
  [
    "no device for one of two",
    "cameras: [{ device: /dev/a }, { id: b }]",
    ["cameras.1.device: must be given where there are several cameras with source: v4l2"],
  ],
  [
    "a certificate without key",
    "server: { https: { cert: a } }",
    ["server.https.key: must be given together with server.https.cert"],
  ],
  [
    "a key without certificate",
    "server: { https: { key: a } }",
    ["server.https.cert: must be given together with server.https.key"],
  ],
  [
    "HTTPS without either",
    "server: { https: { port: 443 } }",
    ["server.https.port: needs server.https.cert and server.https.key (sightline.yaml, line 1)"],
  ],
  ["one port twice", "server: { port: 8554 }", ["rtsp.port: must differ from server.port, which is 8554 too"]],
  [
    "limits upside down",
    "server: { limits: { connections: 10, reserved: 10 } }",
    [
      "server.limits.perAddress: must be at most server.limits.connections (10)",
      "server.limits.reserved: must be less than server.limits.connections (10) (sightline.yaml, line 1)",
    ],
  ],
  [
    "a user's strange camera",
    "cameras: [{ id: a }]\nauth: { users: [{ name: x, password: y, cameras: [b] }] }",
    ["auth.users.0.cameras: must be ids of configured cameras (a), not b (sightline.yaml, line 2)"],
  ],
  [
    "one user twice",
    "auth: { users: [{ name: x, password: y }, { name: x, password: z }] }",
    ["auth.users.1.name: must differ from auth.users.0.name (sightline.yaml, line 1)"],
  ],
  [
    "half of a pair",
    "mqtt: { password: x }\nhomeAssistant: { url: http://h }",
    [
      "mqtt.username: must be given together with mqtt.password",
      "homeAssistant.token: must be given together with homeAssistant.url",
    ],
  ],
  [
    "certificates without encryption",
    "mqtt: { url: mqtt://broker, ca: /ca.pem }",
    [
      "mqtt.ca: is only used with an encrypted connection: mqtt.url must begin with mqtts:// or wss:// (sightline.yaml, line 1)",
    ],
  ],
];

for (const [what, yaml, lines] of mistakes) test(what, () => assert.deepEqual(mistakesOf(yaml), lines));

const syntax: readonly (readonly [yaml: string, line: string])[] = [
  ["a: 1\na: 2", "line 2, column 1: this key was given before in the same section"],
  ["server:\n\tport: 1", "line 2, column 1: indent with spaces, not with tabs"],
  ['dataDir: "a', 'line 1, column 12: something is missing here: a closing quote, a bracket, a comma or ":"'],
  ["server: { port: 1", "line 1, column 18: the indentation does not fit the lines above, or something is not closed"],
  ["dataDir: a: b", 'line 1, column 10: a second ": " on one line; a value that contains ": " must be quoted'],
  ["dataDir: @x", "line 1, column 10: a value that starts with this character must be quoted"],
  [
    "mqtt: { password: !secret mqtt }",
    "line 1, column 19: tags (!name) are not supported; a value that starts with ! must be quoted",
  ],
  [
    "mqtt:\n  password: *abc",
    "an alias (*name) without its anchor (&name) before it; a value that starts with * must be quoted",
  ],
  ["a: 1\n---\nb: 2", 'line 2, column 1: the file has more than one document; remove the "---" in the middle'],
  ["? [a]\n: b", "line 1, column 3: a key must be a plain word"],
  ["&a [*a]", "nested too deeply"],
  ["[".repeat(50_000), "nested too deeply"],
  ["- ".repeat(50_000), "nested too deeply"],
  [`a: ${"x".repeat(1_000_001)}`, "longer than 1000000 characters"],
];

for (const [yaml, line] of syntax) {
  test(`not YAML: ${yaml.slice(0, 30)}`, () => assert.deepEqual(mistakesOf(yaml), [`sightline.yaml: ${line}`]));
}

test("all mistakes come at once, from the file, variables and flags", () => {
  const lines = mistakesOf("server: { port: x }\nlog: { colour: red }", {
    env: { SIGHTLINE_PRIORITY: "high", SIGHTLINE_MQTT_BASE_TOPICS: "a", SIGHTLINE_SERVER_LIMITS: "{ a", PATH: "/bin" },
    flags: {
      host: "a b",
      set: ["rtsp.port=x", "nonsense", "rtps.port=1", "cameras.3.width=1", "cameras.x=1", "=1", "a..b=1"],
    },
  });
  assert.deepEqual(lines, [
    "SIGHTLINE_MQTT_BASE_TOPICS: is not a known variable; did you mean SIGHTLINE_MQTT_BASE_TOPIC?",
    'server.limits: is not YAML or JSON: something is missing here: a closing quote, a bracket, a comma or ":" (SIGHTLINE_SERVER_LIMITS)',
    "--set: must be followed by key=value, e.g. --set server.port=8081",
    "cameras.3.width: cannot be set: there is nothing at cameras.3 to set it in (--set)",
    "--set: must be followed by key=value, e.g. --set server.port=8081",
    "--set: must be followed by key=value, e.g. --set server.port=8081",
    "rtps: is not a known key; did you mean rtsp? (--set)",
    'server.host: is "a b", must be an IP address or host name without port or scheme; "::" means every address of this machine (--host)',
    'server.port: is "x", must be a whole number from 0 to 65535 (sightline.yaml, line 1)',
    'cameras: is "(a group of keys)", must be a list, each entry with its own keys (--set)',
    'rtsp.port: is "x", must be a whole number from 1 to 65535 (--set)',
    "log.colour: is not a known key; known here: level, format, file, maxBytes, backups (sightline.yaml, line 2)",
    'priority: is "high", must be a whole number from -20 to 19 (SIGHTLINE_PRIORITY)',
  ]);
});

test("a value that is wrong in itself brings no second complaint about what goes with it", () => {
  assert.deepEqual(mistakesOf("cameras: [{ source: comand, command: [cat] }]"), [
    'cameras.0.source: is "comand", must be one of v4l2, command, test-pattern (sightline.yaml, line 1)',
  ]);
});

test("no message holds a secret", () => {
  const secret = "hunter2";
  const yamls = [
    `mqtt: { pasword: ${secret} }`,
    `mqtt: ${secret}`,
    `mqtt: { password: [${secret}] }`,
    `mqtt: { password: { ${secret}: 1 } }`,
    `mqtt: { url: "http://me:${secret}@h" }`,
    `homeAssistant: { url: "mqtt://me:${secret}@h", token: x }`,
    `auth: { users: [${secret}] }`,
    `auth: { users: ${secret} }`,
    `auth: [${secret}]`,
    secret,
    `mqtt: { password: *${secret} }`,
    `mqtt: { password: !${secret} x }`,
    `mqtt: { password: "\\q${secret}" }`,
    `mqtt: { password: @${secret} }`,
    `mqtt:\n  password: ${secret}: ${secret}`,
    `mqtt: { username: a, password: ${secret}`,
    `homeAssistant: { token: "${secret}\\nx", url: "http://h" }`,
    `cameras: [{ source: command, command: { a: ${secret} } }]`,
  ];
  for (const yaml of yamls) {
    const lines = mistakesOf(yaml);
    assert.ok(lines.length > 0, yaml);
    assert.ok(!lines.join().includes(secret), lines.join());
  }
  const elsewhere = mistakesOf(undefined, {
    env: { SIGHTLINE_MQTT_PASSWORT: secret, SIGHTLINE_MQTT: secret, SIGHTLINE_AUTH_USERS: `[${secret}` },
    flags: { set: [`mqtt.pass=${secret}`, `homeAssistant.token.x=${secret}`] },
  });
  assert.equal(elsewhere.length >= 4, true);
  assert.ok(!elsewhere.join().includes(secret), elsewhere.join());
});
