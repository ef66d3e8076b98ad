import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { createTestPattern, formatPatternText } from "../../../../src/capture/test-pattern/test-pattern.ts";
import { readPattern } from "../../../support/read-pattern.ts";

const moment = new Date(2026, 10, 20, 15, 4, 5, 370).getTime();

describe("test pattern", () => {
  it("writes date, time with tenths and frame number", () => {
    assert.deepEqual(formatPatternText(moment, 123), { date: "2026-11-20", time: "15:04:05.3", frame: "FRAME 00123" });
    assert.equal(formatPatternText(moment, 1_234_567).frame, "FRAME 34567");
  });

  for (const [width, height] of [
    [1280, 720],
    [640, 480],
    [320, 240],
    [97, 71],
  ] as const) {
    it(`can be read back at ${width}x${height}`, () => {
      const rgb = createTestPattern(width, height).draw(moment, 98_760);
      assert.equal(rgb.length, width * height * 3);
      assert.deepEqual(readPattern(rgb, width, height), ["2026-11-20", "15:04:05.3", "FRAME 98760"]);
    });
  }

  it("can be read back at any moment", () => {
    const pattern = createTestPattern(320, 180);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.nat({ max: 99_999 }), (wallMs, frame) => {
        const { date, time, frame: number } = formatPatternText(wallMs, frame);
        assert.deepEqual(readPattern(pattern.draw(wallMs, frame), 320, 180), [date, time, number]);
      }),
    );
  });

  it("shows colour bars and a bar that moves", () => {
    const pattern = createTestPattern(640, 360);
    const first = pattern.draw(moment, 10);
    assert.deepEqual([...first.subarray(0, 3)], [0xc0, 0xc0, 0xc0]);
    assert.deepEqual([...first.subarray(639 * 3, 640 * 3)], [0, 0, 0xc0]);
    const strip = (picture: Buffer) => picture.subarray(pattern.layout.strip.y * 640 * 3);
    assert.notDeepEqual(strip(first), strip(pattern.draw(moment, 11)), "the bar stands still");
    assert.deepEqual(first, pattern.draw(moment, 10), "drawing depends on its arguments alone");
  });

  it("stays inside its picture at any size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (width, height) => {
        assert.equal(createTestPattern(width, height).draw(moment, 7).length, width * height * 3);
      }),
    );
  });
});
