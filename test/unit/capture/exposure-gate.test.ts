import assert from "node:assert/strict";
import { test } from "node:test";
import { ExposureGate } from "../../../src/capture/exposure-gate.ts";

const table: readonly (readonly [string, readonly number[], boolean])[] = [
  ["steady from the start", [100, 100, 101], true],
  ["too few to tell", [100, 100], false],
  ["still getting brighter", [20, 40, 60, 80], false],
  ["bright at last", [2, 30, 90, 120, 121, 121], true],
  ["steady but black", [3, 3, 3, 3], false],
  ["a flash, then steady", [100, 250, 100, 100, 100], true],
];

for (const [name, lumas, settled] of table) {
  test(`exposure: ${name}`, () => {
    const gate = new ExposureGate();
    for (const luma of lumas) gate.measured(luma);
    assert.equal(gate.open, settled);
  });
}

test("a dark room is shown after 1.5 s", () => {
  const gate = new ExposureGate();
  assert.equal(gate.seen(10_000_000_000n), false);
  assert.equal(gate.seen(11_499_999_999n), false);
  assert.equal(gate.seen(11_500_000_000n), true);
  assert.equal(gate.measured(0), true, "and stays open");
});
