import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  decodeFourcc,
  encodeFourcc,
  lineBytes,
  pictureBytes,
  planeLayouts,
} from "../../../../src/capture/v4l2/pixel-formats.ts";

describe("pixel formats", () => {
  it("have four characters", () => {
    const table: readonly (readonly [number, string])[] = [
      [0x47504a4d, "MJPG"],
      [0x56595559, "YUYV"],
      [0x20363159, "Y16"],
      [0xa0363159, "Y16-BE"],
    ];
    for (const [value, text] of table) {
      assert.equal(decodeFourcc(value), text);
      assert.equal(encodeFourcc(text), value);
    }
  });

  it("come back from their characters", () => {
    const letter = fc.constantFrom("A", "B", "Z", "0", "9");
    fc.assert(
      fc.property(fc.array(letter, { minLength: 1, maxLength: 4 }), fc.boolean(), (letters, isBigEndian) => {
        const text = letters.join("") + (isBigEndian ? "-BE" : "");
        assert.equal(decodeFourcc(encodeFourcc(text)), text);
      }),
    );
  });

  it("lie in memory as the kernel says", () => {
    assert.equal(lineBytes("YUYV", 640), 1280);
    assert.equal(lineBytes("UYVY", 641), 1284);
    assert.equal(lineBytes("BGR24", 10), 30);
    assert.equal(pictureBytes(planeLayouts("NV12", 480, 640)), 460_800);
    assert.equal(pictureBytes(planeLayouts("YU12", 480, 640)), 460_800);
    assert.equal(pictureBytes(planeLayouts("YU12", 3, 8)), 24 + 2 * 4 * 2);
    assert.equal(pictureBytes(planeLayouts("GREY", 480, 704)), 337_920);
  });
});
