import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readControlValues } from "../../../../src/outputs/api/control-values.ts";
import { HttpProblem } from "../../../../src/protocol/http/problem.ts";

test("numbers, booleans and texts by name are taken as they are", () => {
  const values = readControlValues(JSON.parse('{"brightness":-3,"auto":false,"text":"x","__proto__":1,"toString":2}'));
  assert.deepEqual(Object.entries(values), [
    ["brightness", -3],
    ["auto", false],
    ["text", "x"],
    ["__proto__", 1],
    ["toString", 2],
  ]);
});

test("any JSON is taken or refused with 400 or 422", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      try {
        const values = readControlValues(body);
        assert.ok(Object.values(values).every((value) => ["number", "boolean", "string"].includes(typeof value)));
        assert.equal(Object.keys(values).length, Object.keys(body as object).length);
      } catch (error) {
        assert.ok(error instanceof HttpProblem && (error.status === 400 || error.status === 422), String(error));
      }
    }),
  );
});
