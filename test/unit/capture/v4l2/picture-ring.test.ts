import assert from "node:assert/strict";
import { test } from "node:test";
import { PictureRing } from "../../../../src/capture/v4l2/picture-ring.ts";
import { rawFrameLifetime } from "../../../../src/media/frame.ts";

test("a picture stays as it is while as many others come as are promised, then its memory is used again", () => {
  const ring = new PictureRing();
  const kept: Buffer[] = [];
  for (let index = 0; index < 20; index++) {
    kept.push(ring.next(16).fill(index));
    const alive = kept.slice(-1 - rawFrameLifetime);
    assert.deepEqual(
      alive.map((bytes) => bytes[0]),
      alive.map((_, age) => index - alive.length + 1 + age),
    );
  }
  assert.equal(new Set(kept).size, rawFrameLifetime + 1);
});

test("another size gets memory of its own", () => {
  const ring = new PictureRing();
  const sizes = [8, 8, 8, 8, 12, 8, 12];
  assert.deepEqual(
    sizes.map((size) => ring.next(size).length),
    sizes,
  );
});
