import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { ControlType, ControlValue } from "../../../../src/hub/camera-controls.ts";
import type { ControlDescriptor, RawControlValue } from "../../../../src/capture/controls/control-descriptor.ts";
import { toControlValue } from "../../../../src/capture/controls/control-descriptor.ts";
import { checkControlValue } from "../../../../src/capture/controls/control-values.ts";

function control(type: ControlType, over: Partial<ControlDescriptor> = {}): ControlDescriptor {
  return {
    name: "c",
    label: "C",
    id: 1,
    type,
    compoundType: undefined,
    dimensions: [],
    minimum: 0n,
    maximum: 255n,
    step: 1n,
    default: 0n,
    flags: 0,
    menu: undefined,
    ...over,
  };
}

const range = control("integer", { minimum: -10n, maximum: 12n, step: 5n });
const plain = control("integer");
const wide = control("integer64", { minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n });
const exposure = control("menu", {
  maximum: 3n,
  menu: [
    { value: 1, label: "Manual Mode" },
    { value: 3, label: "Aperture Priority Mode" },
  ],
});
const integers = control("integer-menu", {
  menu: [
    { value: 0, label: "8" },
    { value: 8, label: "13" },
  ],
});
const twins = control("menu", {
  menu: [
    { value: 0, label: "Off" },
    { value: 1, label: "off" },
    { value: 2, label: "1" },
  ],
});
const text = control("string", { minimum: 2n, maximum: 6n, step: 2n });
const bits = control("bitmask", { maximum: 0x80402010n });

const accepted: readonly [ControlDescriptor, ControlValue, RawControlValue][] = [
  [plain, 0, 0n],
  [plain, 255, 255n],
  [plain, "17", 17n],
  [plain, " 0xFf ", 255n],
  [range, -10, -10n],
  [range, "-5", -5n],
  [range, "+5", 5n],
  [wide, "9223372036854775807", 2n ** 63n - 1n],
  [wide, "-9223372036854775808", -(2n ** 63n)],
  [wide, -9007199254740991, -9007199254740991n],
  ...[true, 1, "1", "true", "ON", " yes "].map((on): [ControlDescriptor, ControlValue, bigint] => [
    control("boolean"),
    on,
    1n,
  ]),
  ...[false, 0, "0", "False", "off", "no"].map((off): [ControlDescriptor, ControlValue, bigint] => [
    control("boolean"),
    off,
    0n,
  ]),
  [control("button"), true, 1n],
  [control("button"), 1, 1n],
  [exposure, 3, 3n],
  [exposure, "3", 3n],
  [exposure, "Manual Mode", 1n],
  [exposure, "aperture priority mode", 3n],
  [exposure, "manual_mode", 1n],
  [integers, 8, 8n], // a number is the entry's
  [integers, "8", 0n], // text is a label first
  [integers, "0", 0n],
  [twins, "Off", 0n],
  [twins, "off", 1n],
  [twins, "1", 2n],
  [control("menu", { menu: [{ value: 4, label: "OFF" }] }), false, 4n], // what `off` in a YAML file is read as
  [text, "ab", "ab"],
  [text, "häxé", "häxé"], // bytes count, not letters
  [text, 1234, "1234"],
  [bits, 0, 0n],
  [bits, 0x80000010, 0x80000010n],
  [bits, "0x80402010", 0x80402010n],
];

const inSteps = "must be a whole number from -10 to 12 in steps of 5";
const upTo255 = "must be a whole number from 0 to 255";
const menuChoice = "must be one of 1 (Manual Mode), 3 (Aperture Priority Mode)";
const length = "must be text of 2 to 6 bytes in steps of 2";
const ofBits = "must be made of the bits 0x80402010 only";

const refused: readonly [ControlDescriptor, ControlValue, string][] = [
  [plain, -1, upTo255],
  [plain, 256, upTo255],
  [plain, 1.5, upTo255],
  [plain, NaN, upTo255],
  [plain, true, upTo255],
  [plain, "", upTo255],
  [plain, "1e2", upTo255],
  [plain, "--1", upTo255],
  [wide, 2 ** 53, `must be a whole number from ${-(2n ** 63n)} to ${2n ** 63n - 1n}; put one beyond 2^53 in quotes`],
  [wide, "9223372036854775808", `must be a whole number from ${-(2n ** 63n)} to ${2n ** 63n - 1n}`],
  [range, 3, `${inSteps}; 0 and 5 are the nearest`],
  [range, -9, `${inSteps}; -10 and -5 are the nearest`],
  [range, 12, `${inSteps}; 10 is the nearest`],
  [control("boolean"), 2, "must be true or false"],
  [control("boolean"), "maybe", "must be true or false"],
  [control("button"), false, "must be true (it is a button: true presses it)"],
  [exposure, 2, menuChoice],
  [exposure, 0, menuChoice],
  [exposure, "Auto", menuChoice],
  [exposure, true, menuChoice],
  [exposure, "", menuChoice],
  [twins, false, "must be one of 0 (Off), 1 (off), 2 (1)"],
  [twins, "OFF", "must be one of 0 (Off), 1 (off), 2 (1)"],
  [control("menu", { menu: [] }), 0, "has an empty menu: nothing can be set"],
  [text, "a", length],
  [text, "abc", length],
  [text, "abcdefgh", length],
  [text, "a\0", `${length} without NUL`],
  [text, true, length],
  [control("string", { minimum: 4n, maximum: 4n }), "abc", "must be text of 4 bytes"],
  [bits, 1, ofBits],
  [bits, -1, ofBits],
  [bits, "x", ofBits],
  [control("compound"), 1, "is a compound control and cannot be set"],
  [control("integer", { flags: 0x4 }), 1, "is read-only and cannot be set"],
];

const show = ({ type }: ControlDescriptor, value: ControlValue): string => `${type} ${JSON.stringify(value)}`;

suite("values of controls", () => {
  for (const [target, value, raw] of accepted) {
    test(`${show(target, value)} is taken`, () => assert.deepEqual(checkControlValue(target, value), { raw }));
  }

  for (const [target, value, allowed] of refused) {
    test(`${show(target, value)} is refused`, () => assert.deepEqual(checkControlValue(target, value), { allowed }));
  }

  const anyValue = fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.string(), fc.bigInt().map(String));

  test("what is taken is always on the control's grid and within its range", () => {
    const anyRange = fc.record({
      minimum: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      span: fc.bigInt({ min: 0n, max: 2n ** 40n }),
      step: fc.bigInt({ min: 0n, max: 1000n }),
    });
    fc.assert(
      fc.property(
        anyRange,
        anyValue,
        fc.bigInt({ min: 0n, max: 2n ** 41n }),
        ({ minimum, span, step }, value, above) => {
          const maximum = minimum + span;
          const target = control("integer64", { minimum, maximum, step });
          for (const candidate of [value, (minimum + above).toString()]) {
            const check = checkControlValue(target, candidate);
            if (!("raw" in check)) continue;
            assert.ok(typeof check.raw === "bigint" && check.raw >= minimum && check.raw <= maximum);
            assert.ok(step <= 1n || (check.raw - minimum) % step === 0n);
          }
        },
      ),
    );
  });

  test("every value of the grid is taken, as a number where that is exact and as text", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(1000), fc.integer({ min: 1, max: 50 }), (minimum, count, step) => {
        const target = control("integer", {
          minimum: BigInt(minimum),
          maximum: BigInt(minimum + count * step + 3),
          step: BigInt(step),
        });
        const value = minimum + count * step;
        assert.deepEqual(checkControlValue(target, value), { raw: BigInt(value) });
        assert.deepEqual(checkControlValue(target, String(value)), { raw: BigInt(value) });
      }),
    );
  });

  test("what a driver says of a 64-bit control may be given back as it is shown", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (raw) => {
        assert.deepEqual(checkControlValue(wide, toControlValue(wide, raw)), { raw });
      }),
    );
  });

  test("no value of any kind throws on a control of any type", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(plain, range, wide, exposure, integers, text, bits, control("boolean"), control("button")),
        anyValue,
        (target, value) => {
          const check = checkControlValue(target, value);
          assert.ok("raw" in check || check.allowed.length > 0);
        },
      ),
    );
  });
});
