import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { latencyBounds, SendLatency } from "../../../../src/outputs/status/send-latency.ts";

test("each observation is in the first bucket whose bound is not below it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10, noNaN: true }), (seconds) => {
      const latency = new SendLatency();
      latency.observe("front", seconds);
      const [[camera, { buckets, sumSeconds }] = assert.fail()] = latency.entries();
      const bucket = buckets.indexOf(1);
      assert.equal(camera, "front");
      assert.equal(sumSeconds, seconds);
      assert.ok(seconds <= (latencyBounds[bucket] ?? Infinity));
      assert.ok(bucket === 0 || seconds > (latencyBounds[bucket - 1] ?? Infinity));
      assert.equal(
        buckets.reduce((a, b) => a + b),
        1,
      );
    }),
  );
});

test("cameras are counted apart", () => {
  const latency = new SendLatency();
  latency.observe("a", 0.5);
  latency.observe("b", 0.25);
  latency.observe("a", 0.25);
  assert.deepEqual(
    [...latency.entries()].map(([camera, { sumSeconds }]) => [camera, sumSeconds]),
    [
      ["a", 0.75],
      ["b", 0.25],
    ],
  );
});
