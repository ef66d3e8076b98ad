import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { ProtocolError } from "../../../src/core/errors.ts";
import type { JpegFrame } from "../../../src/media/frame.ts";
import { meanLuma } from "../../../src/transcode/mean-luma.ts";
import { colourAt, pixelFormats, rawPicture, toYcc } from "./raw-pictures.ts";

const WIDTH = 160;
const HEIGHT = 120;

function trueMean(): number {
  let sum = 0;
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) sum += toYcc(colourAt(x, y, WIDTH, HEIGHT))[0];
  return sum / (WIDTH * HEIGHT);
}

function jpegFrame(bytes: Buffer, width = WIDTH, height = HEIGHT): JpegFrame {
  return { codec: "jpeg", keyframe: true, bytes, width, height, captureTimeNs: 0n, sequence: 0 };
}

for (const format of pixelFormats) {
  test(`brightness of ${format}, padding ignored`, async () => {
    const luma = await meanLuma(rawPicture(format, WIDTH, HEIGHT, 24));
    assert.ok(Math.abs(luma - trueMean()) < 2, `${luma} for ${trueMean()}`);
  });
}

for (const luma of [0, 90, 255]) {
  test(`brightness of a JPEG, all ${luma}`, async () => {
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    const bytes = await sharp(Buffer.alloc(WIDTH * HEIGHT * 3, luma), { raw })
      .jpeg()
      .toBuffer();
    assert.ok(Math.abs((await meanLuma(jpegFrame(bytes))) - luma) <= 1);
  });
}

test("a raw picture is looked at before its memory can be used again", async () => {
  const frame = rawPicture("YUYV", WIDTH, HEIGHT);
  const measured = meanLuma(frame);
  frame.bytes.fill(0);
  assert.ok(Math.abs((await measured) - trueMean()) < 2);
});

test("what is no picture is a ProtocolError", async () => {
  await assert.rejects(meanLuma(jpegFrame(Buffer.alloc(500))), new ProtocolError("JPEG: cannot be decoded"));
  await assert.rejects(meanLuma(jpegFrame(Buffer.alloc(0))), ProtocolError);
  await assert.rejects(
    meanLuma(jpegFrame(Buffer.alloc(500), 60_000, 60_000)),
    new ProtocolError("JPEG: 60000x60000 is too large to decode"),
  );
  await assert.rejects(meanLuma({ ...rawPicture("GREY", 8, 8), bytes: Buffer.alloc(63) }), ProtocolError);
});
