import fc from "fast-check";
import type { CameraControl, ControlMenuEntry } from "../../../../src/hub/camera-controls.ts";
import { control } from "./mqtt-fakes.ts";

/** What drivers call things, and what nobody should. */
const label = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "None",
    "none",
    "NONE ",
    "A",
    "A (1)",
    "A (2)",
    "{{ value }}",
    'it\'s \\ "so"',
    "1",
    "0",
    "True",
  ),
  fc.string({ unit: "grapheme", maxLength: 31 }),
);

const name = fc.oneof(
  fc.constantFrom(
    "constructor",
    "__proto__",
    "values",
    "3d_mode",
    "0",
    "brightness",
    "exposure_time_absolute",
    "_",
    "a__b",
  ),
  fc.stringMatching(/^[a-z0-9]{1,8}(_[a-z0-9]{1,8}){0,2}$/),
);

const seldom = fc.integer({ min: 0, max: 7 }).map((die) => die === 7);
const flags = fc.record({
  inactive: seldom,
  readOnly: seldom,
  writeOnly: seldom,
  grabbed: seldom,
  volatile: seldom,
});

const int32 = fc.oneof(fc.constantFrom(-(2 ** 31), -1, 0, 1, 255, 2 ** 31 - 1), fc.integer());

const integer = fc
  .record({
    type: fc.constantFrom("integer" as const, "integer64" as const, "bitmask" as const),
    bounds: fc.tuple(int32, int32),
    step: fc.constantFrom(0, 1, 2, 64, 2 ** 31 - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ type, bounds, step, at }) => {
    const [minimum = 0, maximum = 0] = [...bounds].sort((a, b) => a - b);
    return { type, minimum, maximum, step, value: Math.floor(minimum + at * (maximum - minimum)), default: minimum };
  });

/** As V4L2 has them: 64-bit numbers beyond 2^53 are text. */
const huge = fc.record({
  type: fc.constant("integer64" as const),
  minimum: fc.constantFrom<string | number>("-9223372036854775808", 0),
  maximum: fc.constantFrom<string | number>("9223372036854775807", 2 ** 52),
  step: fc.constant(1),
  value: fc.constantFrom<string | number>("9007199254740993", 5, 0),
});

const menu = fc
  .record({
    type: fc.constantFrom("menu" as const, "integer-menu" as const),
    entries: fc.uniqueArray(fc.record({ value: fc.nat(31), label }), { maxLength: 8, selector: ({ value }) => value }),
    at: fc.nat(),
    isStray: fc.boolean(),
  })
  .map(({ type, entries, at, isStray }) => {
    const numbered = (entry: ControlMenuEntry): ControlMenuEntry => ({
      ...entry,
      label: String(entry.value * 10 - 50),
    });
    const list = type === "menu" ? entries : entries.map(numbered);
    const value = isStray ? 99 : (list[at % Math.max(1, list.length)]?.value ?? 0);
    return { type, menu: list, minimum: 0, maximum: 31, step: 1, value };
  });

/** Lengths that a driver may ask for, and a text of such a length. */
const text = fc
  .record({ bounds: fc.tuple(fc.nat(300), fc.nat(300)), fill: fc.constantFrom("x", "é", "語") })
  .map(({ bounds, fill }) => {
    const [minimum = 0, maximum = 0] = [...bounds].sort((a, b) => a - b);
    return { type: "string" as const, minimum, maximum, step: 1, value: fill.repeat(maximum) };
  });

const others = fc.oneof(
  fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("button" as const) }),
  fc.constant({ type: "compound" as const, compoundType: "area", dimensions: [2] }),
);

/** Any control a driver may have; what it is set to is something it can be set to, or nothing. */
const anyControl: fc.Arbitrary<CameraControl> = fc
  .tuple(name, label, flags, fc.oneof(integer, integer, menu, text, huge, others))
  .map(([own, words, bits, kind]) => {
    const { id, inactive, readOnly } = control(own);
    const plain = { name: own, label: words, id, inactive, readOnly };
    const isReadable = !bits.writeOnly && kind.type !== "button" && kind.type !== "compound";
    const { value: held, ...shape } = { value: undefined, ...kind };
    return { ...plain, ...bits, ...shape, ...(isReadable && held !== undefined && { value: held }) };
  });

/** The controls of one camera. */
export const anyControls = fc.uniqueArray(anyControl, { maxLength: 12, selector: (own) => own.name });
