import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { renderTemplate } from "../../../support/home-assistant-model/value-template.ts";

const payload = JSON.stringify({
  fps: 29.97,
  on: true,
  off: false,
  no: null,
  a: { b: "x ", "c-d": 7 },
  list: [],
  one: [0],
});

const rendered: readonly (readonly [string, string])[] = [
  ["{{ value_json.fps }}", "29.97"],
  ["{{value_json.fps}}", "29.97"],
  ["{{ value_json.on }}", "True"],
  ["{{ value_json.no }}", "None"],
  ["{{ value_json.a.b }}", "x"],
  ["{{ value_json['a']['c-d'] }}", "7"],
  ["{{ value_json.a['c-d'] }}", "7"],
  ["{{ 'ON' if value_json.on else 'OFF' }}", "ON"],
  ["{{ 'ON' if value_json.off else 'OFF' }}", "OFF"],
  ["{{ 'online' if value_json.a.b else 'offline' }}", "online"],
  ["{{ 'some' if value_json['list'] else '' }}", ""],
  ["{{ 'some' if value_json.one else 'none' }}", "some"],
];
for (const [template, expected] of rendered) {
  test(`${template} is rendered`, () => assert.equal(renderTemplate(template, payload), expected));
}

const refused: readonly (readonly [string, string])[] = [
  ["{{ value }}", "template {{ value }} is of a shape that is not modelled"],
  ["{{ value_json.fps | round }}", "template {{ value_json.fps | round }} is of a shape that is not modelled"],
  ["{{ value_json }}", "template {{ value_json }} is of a shape that is not modelled"],
  ["{{ value_json.x }}", "value_json.x is undefined"],
  ["{{ value_json.fps.x }}", "value_json.fps.x is undefined"],
  ["{{ value_json.toString }}", "value_json.toString is undefined"],
  ["{{ 'ON' if value_json.x else 'OFF' }}", "value_json.x is undefined"],
  ["{{ value_json.items }}", ".items is a method of dict, not a key"],
  ["{{ value_json.a }}", "printing a list or an object is not modelled"],
];
for (const [template, message] of refused) {
  test(`${template} is refused`, () => assert.throws(() => renderTemplate(template, payload), { message }));
}

test("a payload that is no JSON is refused", () => {
  assert.throws(() => renderTemplate("{{ value_json.x }}", "online"), {
    message: "the payload is not JSON: value_json is undefined",
  });
});

test("any number comes out as it went in", () => {
  fc.assert(
    fc.property(fc.integer(), fc.stringMatching(/^[a-z]{1,8}[0-9]$/), (value, key) => {
      assert.equal(renderTemplate(`{{ value_json.${key} }}`, JSON.stringify({ [key]: value })), String(value));
      assert.equal(renderTemplate(`{{ value_json['${key}'] }}`, JSON.stringify({ [key]: value })), String(value));
    }),
  );
});
