import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { median, quantile, robustSlope, summarize } from "../../bench/statistics.ts";

test("the median is the middle value, or the mean of the two middle ones", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([10]), 10);
  assert.throws(() => median([]), RangeError);
});

test("a summary holds the lowest and the highest beside the median", () => {
  assert.deepEqual(summarize([5, 9, 1]), { median: 5, min: 1, max: 9 });
});

test("a quantile is one of the values", () => {
  const values = Array.from({ length: 101 }, (_, index) => 100 - index);
  assert.equal(quantile(values, 0), 0);
  assert.equal(quantile(values, 0.5), 50);
  assert.equal(quantile(values, 0.99), 99);
  assert.equal(quantile(values, 1), 100);
  assert.throws(() => quantile([], 0.5), RangeError);
});

test("a straight line's slope is found whatever a few peaks do", () => {
  const line = Array.from({ length: 40 }, (_, x) => ({ x, y: 7 + 0.25 * x }));
  assert.equal(robustSlope(line), 0.25);
  const peaked = line.map((point, index) => (index % 10 === 9 ? { ...point, y: point.y + 1000 } : point));
  assert.ok(Math.abs(robustSlope(peaked) - 0.25) < 0.05);
});

test("too few points have no slope", () => {
  assert.equal(robustSlope([]), 0);
  assert.equal(robustSlope([{ x: 1, y: 5 }]), 0);
  assert.equal(
    robustSlope([
      { x: 1, y: 5 },
      { x: 1, y: 9 },
    ]),
    0,
  );
});

test("the median lies between the lowest and the highest and does not depend on the order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
      const { median: middle, min, max } = summarize(values);
      assert.ok(min <= middle && middle <= max);
      assert.equal(median(values.toReversed()), middle);
    }),
  );
});
