import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readControls } from "../../../../src/capture/controls/control-access.ts";
import { toCameraControl } from "../../../../src/capture/controls/control-descriptor.ts";
import { listControls } from "../../../../src/capture/controls/control-list.ts";
import type { CameraControl } from "../../../../src/hub/camera-controls.ts";
import { FakeCamera, type FakeCameraOptions, type FakeControl } from "../v4l2/controls-fake.ts";

async function list(controls: readonly FakeControl[], options?: FakeCameraOptions): Promise<CameraControl[]> {
  const driver = new FakeCamera(controls, options).driver();
  const found = await listControls(driver);
  const values = await readControls(driver, found);
  return found.map((control) => toCameraControl(control, values.get(control.id)));
}

const base = 0x00980900;

/** What is the same of every control here that no flag is set on. */
const quiet = { inactive: false, readOnly: false };

const types: readonly [FakeControl, Partial<CameraControl>][] = [
  [
    { id: base, label: "Brightness", minimum: -64n, maximum: 64n, step: 2n, default: 4n, value: -6n },
    { name: "brightness", type: "integer", minimum: -64, maximum: 64, step: 2, default: 4, value: -6 },
  ],
  [
    { id: base, label: "Mute", type: 2, maximum: 1n, default: 1n, value: 0n },
    { name: "mute", type: "boolean", default: true, value: false },
  ],
  [
    {
      id: base,
      label: "Menu",
      type: 3,
      minimum: 1n,
      maximum: 4n,
      default: 3n,
      menu: { 1: "One", 3: "Three", 4: "Four" },
    },
    {
      name: "menu",
      type: "menu",
      minimum: 1,
      maximum: 4,
      default: 3,
      value: 3,
      menu: [
        { value: 1, label: "One" },
        { value: 3, label: "Three" },
        { value: 4, label: "Four" },
      ],
    },
  ],
  [
    { id: base, label: "Frequencies", type: 9, maximum: 1n, menu: { 0: 2n ** 62n, 1: -5n } },
    {
      name: "frequencies",
      type: "integer-menu",
      minimum: 0,
      maximum: 1,
      default: 0,
      value: 0,
      menu: [
        { value: 0, label: "4611686018427387904" },
        { value: 1, label: "-5" },
      ],
    },
  ],
  [
    { id: base, label: "Reset", type: 4, flags: 0x40 },
    { name: "reset", type: "button", writeOnly: true },
  ],
  [
    { id: base, label: "Long", type: 5, minimum: -(2n ** 63n), maximum: 2n ** 53n - 1n, value: 2n ** 60n },
    {
      name: "long",
      type: "integer64",
      minimum: "-9223372036854775808",
      maximum: 9007199254740991,
      step: 1,
      default: 0,
      value: "1152921504606846976",
    },
  ],
  [
    { id: base, label: "Text", type: 7, minimum: 2n, maximum: 4n, value: "ab" },
    { name: "text", type: "string", minimum: 2, maximum: 4, step: 1, value: "ab" },
  ],
  [
    { id: base, label: "Bits", type: 8, maximum: -0x7fbfdff0n, default: -0x7fffe000n, value: -0x7fffe000n, step: 0n },
    { name: "bits", type: "bitmask", minimum: 0, maximum: 0x80402010, default: 0x80002000, value: 0x80002000 },
  ],
  [
    { id: base, label: "Matrix", type: 0x101, dimensions: [8, 16] },
    { name: "matrix", type: "compound", compoundType: "u16", dimensions: [8, 16] },
  ],
  [
    { id: base, label: "Area", type: 0x106 },
    { name: "area", type: "compound", compoundType: "area", dimensions: [] },
  ],
  [
    { id: base, label: "Numbers", type: 1, dimensions: [2] },
    { name: "numbers", type: "compound", compoundType: "integer", dimensions: [2] },
  ],
  [
    { id: base, label: "Future", type: 0x7ff },
    { name: "future", type: "compound", compoundType: "type-0x7ff", dimensions: [] },
  ],
];

const integer = { type: "integer", minimum: 0, maximum: 255, step: 1, default: 0 } as const;

const flags: readonly [number, Partial<CameraControl>][] = [
  [0x2, { ...quiet, value: 7, grabbed: true }],
  [0x4, { ...quiet, value: 7, readOnly: true }],
  [0x8, { ...quiet, value: 7 }],
  [0x10, { ...quiet, value: 7, inactive: true }],
  [0x40, { ...quiet, writeOnly: true }],
  [0x80, { ...quiet, value: 7, volatile: true }],
  [0x84, { ...quiet, value: 7, volatile: true, readOnly: true }],
];

suite("listing controls", () => {
  for (const [fake, expected] of types) {
    test(`type ${expected.type}: ${fake.label}`, async () => {
      assert.deepEqual(await list([fake]), [{ id: base, label: fake.label, ...quiet, ...expected }]);
    });
  }

  for (const [flag, expected] of flags) {
    test(`flags 0x${flag.toString(16)}`, async () => {
      const controls = await list([{ id: base, label: "Gain", flags: flag, value: 7n }]);
      assert.deepEqual(controls, [{ id: base, label: "Gain", name: "gain", ...integer, ...expected }]);
    });
  }

  test("disabled controls and class headings are left out", async () => {
    const controls = await list([
      { id: base, label: "Gone", flags: 0x1 },
      { id: base + 1, label: "User Controls", type: 6, flags: 0x44 },
      { id: base + 2, label: "Gain" },
    ]);
    assert.deepEqual(
      controls.map(({ name }) => name),
      ["gain"],
    );
  });

  test("controls come in the driver's order, duplicates numbered", async () => {
    const controls = await list([
      { id: base + 9, label: "Gain" },
      { id: base, label: "Gain" },
      { id: 0x009a0901, label: "Auto Exposure" },
    ]);
    assert.deepEqual(
      controls.map(({ name, id }) => [name, id]),
      [
        ["gain", base],
        ["gain_2", base + 9],
        ["auto_exposure", 0x009a0901],
      ],
    );
  });

  const ladder: readonly [string, FakeCameraOptions][] = [
    ["a driver without VIDIOC_QUERY_EXT_CTRL", { extended: false }],
    ["a driver without NEXT_CTRL", { extended: false, next: false }],
  ];
  for (const [what, options] of ladder) {
    test(`${what} is asked in the older way`, async () => {
      const old = [
        { id: base, label: "Brightness", value: 3n },
        { id: base + 43, label: "Last", value: 4n },
        { id: 0x08000000, label: "Private", value: 5n },
      ];
      const values = (await list(old, options)).map(({ name, value }) => [name, value]);
      assert.deepEqual(values, [
        ["brightness", 3],
        ["last", 4],
        ["private", 5],
      ]);
    });
  }

  test("a camera without controls has none", async () => {
    assert.deepEqual(await list([]), []);
    assert.deepEqual(await list([], { extended: false, next: false }), []);
  });

  test("one control that cannot be read does not hide the values of the others", async () => {
    const controls = await list([
      { id: base, label: "Gain", unreadable: "EIO" },
      { id: base + 1, label: "Hue", value: 9n },
    ]);
    assert.deepEqual(
      controls.map(({ name, value }) => [name, value]),
      [
        ["gain", undefined],
        ["hue", 9],
      ],
    );
  });

  test("a driver that repeats itself does not keep us for ever", async () => {
    const driver = new FakeCamera([{ id: base, label: "Gain" }]).driver();
    const query = await driver.queryExtended(base);
    const controls = await listControls({ ...driver, queryExtended: async () => query });
    assert.equal(controls.length, 1);
  });

  test("a menu with a nonsense maximum does not keep us for ever", async () => {
    const [menu] = await list([{ id: base, label: "Menu", type: 3, maximum: 2n ** 31n - 1n, menu: { 0: "Off" } }]);
    assert.deepEqual(menu?.menu, [{ value: 0, label: "Off" }]);
  });

  test("a camera that is gone is an error, not an empty list", async () => {
    const camera = new FakeCamera([{ id: base, label: "Gain" }]);
    camera.failing = "ENODEV";
    await assert.rejects(listControls(camera.driver()), { code: "ENODEV" });
  });
});
