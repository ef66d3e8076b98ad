import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comparePlanes, readPictureStamp, splitYuyv, type Planes } from "../../bench/stamped-picture.ts";

const width = 768;

/** Luma of a picture of 8 rows with a stamp, as test/support/native draws it. */
function drawStamp(captureNs: bigint, sequence: number): Uint8Array {
  const bits = (captureNs << 32n) | BigInt(sequence);
  const luma = new Uint8Array(width * 8);
  for (let x = 0; x < width; x++) {
    const bit = (bits >> BigInt(95 - Math.floor(x / 8))) & 1n;
    for (let y = 0; y < 8; y++) luma[y * width + x] = bit === 1n ? 216 : 40;
  }
  return luma;
}

function flatPlanes(luma: number, chroma: number): Planes {
  const pixels = 16 * 64;
  const half = new Uint8Array(pixels / 2).fill(chroma);
  return { luma: new Uint8Array(pixels).fill(luma), blue: half, red: half };
}

test("a stamp is read as it was drawn", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(0xffff_ffff), (captureNs, sequence) => {
      assert.deepEqual(readPictureStamp(drawStamp(captureNs, sequence), width), { captureNs, sequence });
    }),
  );
});

test("YUYV is taken apart in its order", () => {
  assert.deepEqual(splitYuyv(Uint8Array.of(1, 10, 2, 20, 3, 30, 4, 40)), {
    luma: Uint8Array.of(1, 2, 3, 4),
    blue: Uint8Array.of(10, 30),
    red: Uint8Array.of(20, 40),
  });
});

test("PSNR follows its formula: an error of 1 everywhere is 48.13 dB", () => {
  const { luma, all } = comparePlanes(flatPlanes(100, 128), flatPlanes(101, 128), 16);
  assert.equal(luma.toFixed(2), "48.13");
  assert.equal(all.toFixed(2), "51.14"); // half of the samples are right
  assert.equal(comparePlanes(flatPlanes(100, 128), flatPlanes(100, 128), 16).luma, Infinity);
});

test("what the stamp covers is not compared", () => {
  const stamped = flatPlanes(100, 128);
  stamped.luma.fill(216, 0, 16 * 32);
  assert.equal(comparePlanes(stamped, flatPlanes(100, 128), 16).all, Infinity);
});
