import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { normalizeControlName, uniqueControlNames } from "../../../../src/capture/controls/control-names.ts";

const names = [
  ["White Balance, Automatic", "white_balance_automatic"],
  ["Exposure Time, Absolute", "exposure_time_absolute"],
  ["Brightness", "brightness"],
  ["Limited RGB Range (16-235)", "limited_rgb_range_16_235"],
  ["Y'CbCr Encoding", "y_cbcr_encoding"],
  ["  Gain - 2  ", "gain_2"],
  ["U8 2x3x4x5 Array", "u8_2x3x4x5_array"],
  ["Größe", "gr_e"],
  ["\u212Aelvin", "elvin"], // KELVIN SIGN: its lower case is an ASCII k, but it is none
  ["***", ""],
  ["", ""],
] as const;

suite("names of controls", () => {
  for (const [label, name] of names) {
    test(`${JSON.stringify(label)} is ${JSON.stringify(name)}`, () => assert.equal(normalizeControlName(label), name));
  }

  test("any label gives words of a-z and 0-9 joined by single underscores, and normalising again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (label) => {
        const name = normalizeControlName(label);
        assert.match(name, /^(?:[a-z0-9]+(?:_[a-z0-9]+)*)?$/);
        assert.equal(normalizeControlName(name), name);
      }),
    );
  });

  test("the second of a name is numbered, around names that exist by themselves", () => {
    const labels = ["Gain", "Gain", "GAIN!", "Gain 2", "--"];
    const controls = labels.map((label, index) => ({ label, id: 0x980900 + index }));
    assert.deepEqual(uniqueControlNames(controls), ["gain", "gain_3", "gain_4", "gain_2", "control_980904"]);
  });

  test("names are distinct and the first of each keeps its own", () => {
    const label = fc.oneof(fc.constantFrom("Gain", "gain", "Gain 2", "Gain 3", "!"), fc.string());
    fc.assert(
      fc.property(fc.array(label), (labels) => {
        const unique = uniqueControlNames(labels.map((text, id) => ({ label: text, id })));
        assert.equal(new Set(unique).size, labels.length);
        for (const [index, text] of labels.entries()) {
          const name = normalizeControlName(text);
          const isFirst = labels.findIndex((other) => normalizeControlName(other) === name) === index;
          if (name !== "" && isFirst) assert.equal(unique[index], name);
        }
      }),
    );
  });
});
