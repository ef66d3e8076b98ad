import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { printControls } from "../../../src/cli/print-controls.ts";
import { normalizeControlName } from "../../../src/capture/controls/control-names.ts";
import { parseYaml } from "../../../src/config/parse-yaml.ts";
import type { CameraControl, ControlType } from "../../../src/hub/camera-controls.ts";

function control(name: string, type: ControlType, over: Partial<CameraControl> = {}): CameraControl {
  return { name, label: name, id: 1, type, inactive: false, readOnly: false, ...over };
}

const range = { minimum: -64, maximum: 64, step: 2, default: 0 };
const menu = [
  { value: 1, label: "Manual Mode" },
  { value: 3, label: "Aperture: # Priority" },
];

const every: readonly CameraControl[] = [
  control("brightness", "integer", { ...range, value: -6 }),
  control("mute", "boolean", { default: true, value: false }),
  control("auto_exposure", "menu", { default: 3, value: 1, menu }),
  control("frequency", "integer-menu", { default: 0, value: 0, menu: [{ value: 0, label: "42" }] }),
  control("long", "integer64", { ...range, maximum: "9223372036854775807", value: "1152921504606846976" }),
  control("bits", "bitmask", { maximum: 0x80402010, default: 0, value: 0x80002000 }),
  control("text", "string", { minimum: 0, maximum: 9, step: 1, value: 'a "b"\n#' }),
  control("on", "boolean", { default: false, value: true, volatile: true, grabbed: true }),
  control("reset", "button", { writeOnly: true }),
  control("pan_relative", "integer", { ...range, writeOnly: true }),
  control("privacy", "boolean", { default: false, value: true, readOnly: true }),
  control("exposure", "integer", { ...range, value: 5, inactive: true }),
  control("matrix", "compound", { compoundType: "u16", dimensions: [8, 16] }),
];

const printed = `# Webcam, /dev/video0
    controls:
      brightness: -6               # integer, -64 to 64, step 2, default 0
      mute: false                  # boolean, default true
      auto_exposure: 1             # menu, default 3: 1 = Manual Mode, 3 = Aperture: # Priority
      frequency: 0                 # menu of integers, default 0: 0 = 42
      long: "1152921504606846976"  # 64-bit integer, -64 to 9223372036854775807, step 2, default 0
      bits: 0x80002000             # bitmask of 0x80402010, default 0x0
      text: "a \\"b\\"\\n#"           # text, bytes 0 to 9, step 1
      "on": true                   # boolean, default false; grabbed: cannot be set while streaming; volatile: the camera changes it
      # reset: true                # button, pressed whenever the camera is opened
      # pan_relative:              # integer, -64 to 64, step 2, default 0; write-only
      # privacy: true              # boolean, default false; read-only
      # exposure: 5                # integer, -64 to 64, step 2, default 0; inactive: an automatic mode decides it
      # matrix:                    # u16[8][16], not settable
`;

const values = {
  brightness: -6,
  mute: false,
  auto_exposure: 1,
  frequency: 0,
  long: "1152921504606846976",
  bits: 0x80002000,
  text: 'a "b"\n#',
  on: true,
};

function print(controls: readonly CameraControl[], name = "Webcam"): string {
  return printControls({ device: "/dev/video0", name, controls });
}

suite("printing controls", () => {
  test("every type and flag", () => assert.equal(print(every), printed));

  test("reads back as the values that can be set", () => {
    assert.deepEqual(parse(print(every)), { controls: values });
    assert.deepEqual(parse(print(every), { version: "1.1" }), { controls: values });
  });

  test("pasted into the entry of a camera it is a config", () => {
    const file = `cameras:\n  - id: front\n    device: /dev/video0\n${print(every)}`;
    assert.deepEqual(parse(file), { cameras: [{ id: "front", device: "/dev/video0", controls: values }] });
    assert.doesNotThrow(() => parseYaml(file));
  });

  test("with nothing to set it is a comment altogether", () => {
    assert.equal(parse(print(every.slice(8))), null);
    assert.equal(print([]), "# Webcam, /dev/video0: no controls\n");
  });

  test("a driver's words cannot leave their comment", () => {
    const evil = "x\nserver: { port: 1 }\u2028\u0085\r";
    const nasty = [control("a", "menu", { default: 0, value: 0, menu: [{ value: 0, label: evil }] })];
    assert.deepEqual(parse(print(nasty, evil)), { controls: { a: 0 } });
    assert.equal(print(nasty, evil).split("\n").length, 4);
  });

  const name = fc
    .oneof(fc.constantFrom("null", "true", "off", "y", "0x1f", "1e3", "1_000", "007", "12:30"), fc.string())
    .map(normalizeControlName)
    .filter((text) => text !== "" && text !== "__proto__");
  const value = fc.oneof(
    fc.record({ type: fc.constant<ControlType>("integer"), value: fc.integer() }),
    fc.record({ type: fc.constant<ControlType>("boolean"), value: fc.boolean() }),
    fc.record({ type: fc.constant<ControlType>("bitmask"), value: fc.nat(0xffffffff) }),
    fc.record({
      type: fc.constant<ControlType>("integer64"),
      value: fc.bigInt().map(String),
    }),
    fc.record({
      type: fc.constant<ControlType>("string"),
      value: fc.string({ unit: "grapheme" }),
    }),
    fc.record({
      type: fc.constant<ControlType>("string"),
      value: fc.string({
        unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCodePoint(code)),
      }),
    }),
  );

  test("any value of any control reads back the same", () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { minKeys: 1, maxKeys: 8 }),
        fc.string({ unit: "binary" }),
        (dictionary, words) => {
          const entries = Object.entries(dictionary);
          const controls = entries.map(([key, one]) =>
            control(key, one.type, { ...range, value: one.value, menu: [{ value: 0, label: words }] }),
          );
          const expected = Object.fromEntries(entries.map(([key, one]) => [key, one.value]));
          assert.deepEqual({ ...(parse(print(controls, words)) as { controls: object }).controls }, expected);
        },
      ),
    );
  });
});
