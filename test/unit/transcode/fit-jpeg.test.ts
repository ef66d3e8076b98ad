import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import { ProtocolError } from "../../../src/core/errors.ts";
import { fitJpeg, type SizedJpeg } from "../../../src/transcode/fit-jpeg.ts";
import { noisePicture, plainPicture } from "../../support/big-pictures.ts";

/** What the bytes say of themselves, not what we say of them. */
async function measure({ bytes }: SizedJpeg): Promise<unknown[]> {
  const { format, width, height } = await sharp(bytes).metadata();
  return [format, width, height];
}

describe("fitting a JPEG", () => {
  it("leaves alone what fits, the very same object", async () => {
    const picture = await plainPicture(320, 240);
    const { length } = picture.bytes;
    assert.equal(await fitJpeg(picture, { maxBytes: length }), picture);
    assert.equal(await fitJpeg(picture, { maxWidth: 320, maxBytes: length }), picture);
    assert.equal(await fitJpeg(picture, { maxWidth: 5_000, maxBytes: 1e9 }), picture, "nothing is made larger");
  });

  it("makes it as wide as allowed, in proportion", async () => {
    const fitted = await fitJpeg(await plainPicture(640, 480), { maxWidth: 160, maxBytes: 1e6 });
    assert.deepEqual([fitted.width, fitted.height], [160, 120]);
    assert.deepEqual(await measure(fitted), ["jpeg", 160, 120]);
  });

  it("makes it as long as allowed, however little that is", async () => {
    const picture = await noisePicture(640, 480);
    for (const maxBytes of [150_000, 50_000, 10_000, 2_500]) {
      const fitted = await fitJpeg(picture, { maxBytes });
      assert.ok(fitted.bytes.length <= maxBytes, `${fitted.bytes.length} > ${maxBytes}`);
      assert.deepEqual(await measure(fitted), ["jpeg", fitted.width, fitted.height]);
      assert.ok(Math.abs(fitted.width / fitted.height - 4 / 3) < 0.05);
    }
  });

  it("brings 4 MB of noise under the limit of a broker, and wastes little of it", async () => {
    const picture = await noisePicture(1920, 1440);
    assert.ok(picture.bytes.length > 4_000_000, String(picture.bytes.length));
    const fitted = await fitJpeg(picture, { maxBytes: 1_500_000 });
    assert.ok(fitted.bytes.length <= 1_500_000);
    assert.ok(fitted.bytes.length > 700_000, String(fitted.bytes.length));
  });

  it("refuses to make it smaller than anybody could see", async () => {
    const picture = await noisePicture(64, 64);
    for (const maxBytes of [100, 1, 0, -5]) {
      await assert.rejects(fitJpeg(picture, { maxBytes }), {
        name: "RangeError",
        message: `a picture of 64x64 cannot be made as small as ${maxBytes} bytes`,
      });
    }
  });

  it("refuses what is no picture", async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("no picture"), Buffer.alloc(5_000, 0xff)]) {
      await assert.rejects(
        fitJpeg({ bytes, width: 640, height: 480 }, { maxWidth: 320, maxBytes: 1e6 }),
        (error) => error instanceof ProtocolError && error.message === "JPEG: cannot be decoded",
      );
    }
  });

  it("makes the best of a picture that ends early, as cameras send them", async () => {
    const picture = await noisePicture(640, 480);
    const cut = { ...picture, bytes: picture.bytes.subarray(0, 100_000) };
    assert.deepEqual(await measure(await fitJpeg(cut, { maxWidth: 320, maxBytes: 1e6 })), ["jpeg", 320, 240]);
  });
});
