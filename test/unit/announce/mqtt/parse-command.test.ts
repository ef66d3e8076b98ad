import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { parseCommand, type CameraCommand } from "../../../../src/announce/mqtt/parse-command.ts";
import { ProtocolError } from "../../../../src/core/errors.ts";
import { anyInput, testMalformedTable } from "../../../support/codec-kit.ts";

const base = "home/sightline";

const good: readonly (readonly [topic: string, payload: string, command: CameraCommand["command"]])[] = [
  ["enabled", "ON", { kind: "enable", on: true }],
  ["enabled", "OFF", { kind: "enable", on: false }],
  ["snapshot", "PRESS", { kind: "snapshot" }],
  ["snapshot", "", { kind: "snapshot" }],
  ["restart", "PRESS", { kind: "restart" }],
  ["reset-controls", "PRESS", { kind: "reset-controls" }],
  ["controls/brightness", "140", { kind: "set-controls", values: { brightness: "140" } }],
  ["controls/exposure", "Auto Mode", { kind: "set-controls", values: { exposure: "Auto Mode" } }],
  ["controls/text", "", { kind: "set-controls", values: { text: "" } }],
  [
    "controls",
    '{"brightness":140,"flip":true,"menu":"50 Hz"}',
    { kind: "set-controls", values: { brightness: 140, flip: true, menu: "50 Hz" } },
  ],
];

describe("commands", () => {
  for (const [topic, payload, command] of good) {
    it(`${topic}: ${JSON.stringify(payload)}`, () => {
      const parsed = parseCommand(base, `${base}/front-door/${topic}/set`, Buffer.from(payload));
      assert.deepEqual(parsed, { cameraId: "front-door", command });
    });
  }

  const foreign = [
    "sightline/front/enabled/set",
    `${base}/front/enabled`,
    `${base}/front/enabled/get`,
    `${base}/set`,
    `${base}/front/set`,
    `${base}/front/unknown/set`,
    `${base}/front/constructor/set`,
    `${base}/front/__proto__/set`,
    `${base}/front/toString/set`,
    `${base}/front/enabled/more/set`,
    `${base}/front/controls/a/b/set`,
    `${base}x/front/enabled/set`,
    "",
  ];
  for (const topic of foreign) {
    it(`${JSON.stringify(topic)} is none`, () => {
      assert.equal(parseCommand(base, topic, Buffer.from("ON")), undefined);
    });
  }

  it("takes names of JavaScript's own for what they are: names of cameras and controls", () => {
    for (const name of ["constructor", "__proto__", "hasOwnProperty"]) {
      const enabled = parseCommand(base, `${base}/${name}/enabled/set`, Buffer.from("ON"));
      assert.deepEqual(enabled, { cameraId: name, command: { kind: "enable", on: true } });
      const set = parseCommand(base, `${base}/a/controls/${name}/set`, Buffer.from("1"));
      assert.deepEqual(valuesOf(set), [[name, "1"]]);
      const json = parseCommand(base, `${base}/a/controls/set`, Buffer.from(`{"${name}":1}`));
      assert.deepEqual(valuesOf(json), [[name, 1]]);
    }
  });
});

const at = (topic: string) => (bytes: Buffer) => parseCommand(base, `${base}/front/${topic}/set`, bytes);

testMalformedTable("a switch", at("enabled"), [
  { name: "lower case", bytes: Buffer.from("on"), message: '"on" must be ON or OFF' },
  { name: "nothing", bytes: Buffer.from(""), message: '"" must be ON or OFF' },
  { name: "what is no text", bytes: Buffer.from([0xff]), message: "the payload is no UTF-8 text" },
  {
    name: "a long story",
    bytes: Buffer.from("x".repeat(100)),
    message: `"${"x".repeat(60)}…" must be ON or OFF`,
  },
  {
    name: "too many bytes",
    bytes: Buffer.alloc(16_385, 0x20),
    message: "16385 bytes are too long for a command (16384 at most)",
  },
]);

testMalformedTable("a button", at("snapshot"), [
  { name: "another word", bytes: Buffer.from("ON"), message: '"ON" must be PRESS, or empty' },
]);

const example = 'must be a JSON object of values by control name, such as {"brightness":140}';
testMalformedTable("controls", at("controls"), [
  { name: "what is no JSON", bytes: Buffer.from("{"), message: `"{" ${example}` },
  { name: "a list", bytes: Buffer.from("[1]"), message: `"[1]" ${example}` },
  { name: "null", bytes: Buffer.from("null"), message: `"null" ${example}` },
  { name: "a number", bytes: Buffer.from("1"), message: `"1" ${example}` },
  { name: "no control", bytes: Buffer.from("{}"), message: "the object must name 1 to 500 controls" },
  {
    name: "a null",
    bytes: Buffer.from('{"a":1,"b":null}'),
    message: '"b" must be a number, a boolean or a text',
  },
  {
    name: "an object",
    bytes: Buffer.from('{"__proto__":{"a":1}}'),
    message: '"__proto__" must be a number, a boolean or a text',
  },
]);

test("any topic and any bytes are a command, none, or refused with a ProtocolError", () => {
  const seeds = good.map(([, payload]) => Buffer.from(payload));
  const level = fc.oneof(
    fc.constantFrom("enabled", "controls", "snapshot", "set", "constructor", "__proto__", "", "toString"),
    fc.string(),
  );
  const topic = fc.oneof(
    fc.string(),
    fc.array(level, { maxLength: 5 }).map((levels) => [base, ...levels, "set"].join("/")),
  );
  fc.assert(
    fc.property(topic, anyInput(seeds), (name, bytes) => {
      try {
        parseCommand(base, name, bytes);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
        assert.ok(error.message.length < 500);
      }
    }),
  );
});

function valuesOf(parsed: CameraCommand | undefined): unknown {
  return parsed?.command.kind === "set-controls" ? Object.entries(parsed.command.values) : undefined;
}
