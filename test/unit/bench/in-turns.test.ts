import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "../../bench/in-turns.ts";

test("everybody is measured once in every round, and another one begins it", async () => {
  const order: string[] = [];
  const results = await inTurns(["a", "b", "c"], 4, async (name, round) => {
    order.push(`${name}${round}`);
    return round * 10;
  });
  assert.equal(order.join(" "), "a0 b0 c0 b1 c1 a1 c2 a2 b2 a3 b3 c3");
  assert.deepEqual(
    [...results],
    [
      ["a", [0, 10, 20, 30]],
      ["b", [0, 10, 20, 30]],
      ["c", [0, 10, 20, 30]],
    ],
  );
});

test("what fails ends the measurement", async () => {
  const failing = inTurns(["a", "b"], 2, (name) =>
    name === "b" ? Promise.reject(new Error("no picture")) : Promise.resolve(1),
  );
  await assert.rejects(failing, /no picture/);
});
