import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  controlComponents,
  menuLabels,
  reportControls,
} from "../../../../../src/announce/mqtt/discovery/control-entities.ts";
import { cameraTopics } from "../../../../../src/announce/mqtt/topics.ts";
import type { CameraControl, ControlType } from "../../../../../src/hub/camera-controls.ts";
import { control } from "../mqtt-fakes.ts";

const topics = cameraTopics("sightline", "front");
const context = { topics, node: "sightline_ab_front", slug: "front", availability: [{ topic: "there" }] };

const describeOne = (own: CameraControl): Readonly<Record<string, unknown>> | undefined =>
  controlComponents([own], context)[0]?.[1];

const platformOf = (type: ControlType, overrides: Partial<CameraControl> = {}): unknown =>
  describeOne(control("a", { type, ...overrides }))?.["platform"];

describe("the entity of a control", () => {
  const menu = [
    { value: 0, label: "Off" },
    { value: 1, label: "50 Hz" },
  ];

  it("has everything that Home Assistant needs", () => {
    assert.deepEqual(describeOne(control("brightness", { label: "Brightness", step: 2 })), {
      platform: "number",
      unique_id: "sightline_ab_front_control_brightness",
      default_entity_id: "number.front_brightness",
      name: "Brightness",
      entity_category: "config",
      availability: [
        { topic: "there" },
        {
          topic: "sightline/front/controls",
          value_template: "{{ 'online' if value_json['brightness']['available'] else 'offline' }}",
        },
      ],
      state_topic: "sightline/front/controls",
      value_template: "{{ value_json['brightness']['value'] }}",
      command_topic: "sightline/front/controls/brightness/set",
      min: 0,
      max: 255,
      step: 2,
      mode: "slider",
    });
  });

  const kinds: readonly (readonly [what: string, platform: unknown, own: Partial<CameraControl>])[] = [
    ["a boolean", "switch", { type: "boolean" }],
    ["a boolean that cannot be set", "binary_sensor", { type: "boolean", readOnly: true }],
    ["a button", "button", { type: "button" }],
    ["a menu", "select", { type: "menu", menu }],
    ["a menu of numbers", "select", { type: "integer-menu", menu }],
    ["a menu without entries", undefined, { type: "menu", menu: [] }],
    ["a menu that cannot be set", "sensor", { type: "menu", menu, readOnly: true }],
    ["an integer", "number", {}],
    ["an integer that cannot be set", "sensor", { readOnly: true }],
    ["an integer without room", "sensor", { minimum: 5, maximum: 5 }],
    ["an integer without room that cannot be asked for", undefined, { minimum: 5, maximum: 5, writeOnly: true }],
    ["an integer that cannot be asked for", "number", { writeOnly: true }],
    ["what can be neither set nor asked for", undefined, { readOnly: true, writeOnly: true }],
    ["a 64-bit integer", "number", { type: "integer64" }],
    ["one beyond 2^53", "sensor", { type: "integer64", maximum: "9223372036854775807" }],
    ["a bit mask", "number", { type: "bitmask", step: 0 }],
    ["a text", "text", { type: "string", maximum: 20 }],
    ["a text without room", "sensor", { type: "string", minimum: 0, maximum: 0 }],
    ["a button that cannot be pressed", undefined, { type: "button", readOnly: true }],
    ["a structure", undefined, { type: "compound" }],
  ];
  for (const [what, platform, own] of kinds) {
    it(`of ${what}: ${String(platform)}`, () => {
      assert.equal(platformOf(own.type ?? "integer", own), platform);
    });
  }

  it("lets a text be as long as the driver and Home Assistant allow, and asks for room between the bounds", () => {
    const bounds = (minimum: number, maximum: number): unknown[] => {
      const { min, max } = describeOne(control("a", { type: "string", minimum, maximum })) ?? {};
      return [min, max];
    };
    assert.deepEqual(bounds(0, 32), [0, 32]);
    assert.deepEqual(bounds(4, 1_000), [4, 255]);
    assert.deepEqual(bounds(8, 8), [7, 8]);
    assert.deepEqual(bounds(300, 400), [254, 255]);
  });

  it("is a box where a slider would be too fine", () => {
    assert.equal(describeOne(control("a", { maximum: 100_000 }))?.["mode"], "box");
    assert.equal(describeOne(control("a", { maximum: 100_000, step: 1_000 }))?.["mode"], "slider");
  });

  it("is enabled for what people reach for only", () => {
    assert.equal(describeOne(control("brightness"))?.["enabled_by_default"], undefined);
    assert.equal(describeOne(control("link_frequency"))?.["enabled_by_default"], false);
  });

  it("is called by its name where it has no label", () => {
    assert.equal(describeOne(control("gamma", { label: "" }))?.["name"], "gamma");
    assert.equal(describeOne(control("gamma", { label: " " }))?.["name"], "gamma");
  });
});

describe("labels of a menu", () => {
  const labelsOf = (...labels: readonly string[]): readonly string[] =>
    menuLabels(labels.map((label, value) => ({ label, value })));

  it("are the driver's, without spaces around", () => {
    assert.deepEqual(labelsOf(" Auto Mode", "Manual"), ["Auto Mode", "Manual"]);
  });

  it("are the number where there is none", () => assert.deepEqual(labelsOf("", " "), ["0", "1"]));

  it("are each there only once", () => {
    assert.deepEqual(labelsOf("A", "A"), ["A", "A (1)"]);
    for (const labels of [
      ["A", "A", "A (1)"],
      ["A (1)", "A", "A"],
      ["1", "", "1"],
      ["A", "A", "A (1)", "A (1)", "A (1) (3)"],
    ]) {
      const made = labelsOf(...labels);
      assert.equal(new Set(made).size, made.length, made.join(", "));
    }
  });

  it("are never what Home Assistant takes for unknown", () => {
    assert.deepEqual(labelsOf("None", "Sepia", "NONE"), ["None (0)", "Sepia", "NONE (2)"]);
  });
});

describe("what is reported of controls", () => {
  const report = (own: Partial<CameraControl>): unknown => reportControls([control("a", own)])["a"];
  const menu = [{ value: 3, label: "Three" }];
  const table: readonly (readonly [what: string, own: Partial<CameraControl>, value: unknown])[] = [
    ["an integer", { value: 7 }, 7],
    ["one outside of its own range", { value: 256 }, null],
    ["one that is not known", { value: undefined as never }, null],
    [
      "a 64-bit integer",
      { type: "integer64", maximum: "9223372036854775807", value: "9007199254740993" },
      "9007199254740993",
    ],
    ["a boolean", { type: "boolean", value: true }, true],
    ["a menu's entry", { type: "menu", menu, value: 3 }, "Three"],
    ["one that the menu does not have", { type: "menu", menu, value: 4 }, null],
    ["a text", { type: "string", value: "abc" }, "abc"],
    ["a text that is too long", { type: "string", value: "x".repeat(300) }, "x".repeat(255)],
    ["a text of wide characters", { type: "string", value: "\u{1f4f7}".repeat(300) }, "\u{1f4f7}".repeat(255)],
    ["a button", { type: "button", value: undefined as never }, null],
  ];
  for (const [what, own, value] of table) {
    it(what, () => assert.deepEqual(report(own), { value, available: true }));
  }

  it("says whether it can be set now", () => {
    assert.deepEqual(report({ inactive: true }), { value: 128, available: false });
    assert.deepEqual(report({ grabbed: true }), { value: 128, available: false });
  });

  it("leaves out what has no entity", () => assert.equal(report({ type: "compound" }), undefined));
});
