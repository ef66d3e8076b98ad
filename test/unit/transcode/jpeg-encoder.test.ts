import assert from "node:assert/strict";
import { after, test } from "node:test";
import sharp from "sharp";
import { ProtocolError } from "../../../src/core/errors.ts";
import { repairJpeg } from "../../../src/media/jpeg/repair.ts";
import { JpegEncoder } from "../../../src/transcode/jpeg-encoder.ts";
import { colourAt, pixelFormats, rawPicture, toYcc } from "./raw-pictures.ts";

const encoder = new JpegEncoder(90);
after(() => encoder.close());

/** Mean distance of decoded colours from the test picture's, away from the quarters' edges. */
async function meanError(jpeg: Buffer, width: number, height: number, isGrey: boolean): Promise<number> {
  const decoded = await sharp(jpeg, { failOn: "warning" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([decoded.info.width, decoded.info.height], [width, height]);
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (Math.abs(x - width / 2) < 4 || Math.abs(y - height / 2) < 4) continue;
      const rgb = colourAt(x, y, width, height);
      const wanted = isGrey ? rgb.map(() => toYcc(rgb)[0]) : rgb;
      const at = (y * width + x) * decoded.info.channels;
      for (const [index, value] of wanted.entries()) {
        sum += Math.abs((decoded.data[at + Math.min(index, decoded.info.channels - 1)] ?? 0) - value);
        count++;
      }
    }
  }
  return sum / count;
}

for (const format of pixelFormats) {
  for (const [width, height, padding] of [
    [64, 48, 0],
    [64, 48, 32],
    [61, 47, 0],
    [61, 47, 7],
    [38, 2, 6],
    [640, 360, 0],
  ] as const) {
    test(`${format} ${width}x${height} with ${padding} bytes of padding is the same picture as JPEG`, async () => {
      const jpeg = await encoder.encode(rawPicture(format, width, height, padding));
      const repaired = repairJpeg(jpeg);
      assert.equal(repaired.bytes, jpeg, "needs no repair");
      assert.deepEqual([repaired.width, repaired.height], [width, height]);
      if (height < 10) return;
      const error = await meanError(jpeg, width, height, format === "GREY");
      assert.ok(error < 3, `mean error ${error}`);
    });
  }
}

test("a picture of one pixel works", async () => {
  for (const format of pixelFormats) {
    const { width, height } = await sharp(await encoder.encode(rawPicture(format, 1, 1))).metadata();
    assert.deepEqual([width, height], [1, 1]);
  }
});

test("calls at once are done in their order, sizes mixed", async () => {
  const sizes = [16, 400, 32, 800, 48];
  const pictures = await Promise.all(sizes.map((width) => encoder.encode(rawPicture("YUYV", width, 16))));
  assert.deepEqual(
    pictures.map((jpeg) => repairJpeg(jpeg).width),
    sizes,
  );
});

test("the frame is only read", async () => {
  const frame = rawPicture("NV12", 64, 48);
  const before = Buffer.from(frame.bytes);
  await encoder.encode(frame);
  assert.deepEqual(frame.bytes, before);
});

test("quality means size", async () => {
  const low = new JpegEncoder(10);
  const frame = rawPicture("YUYV", 640, 360);
  assert.ok((await low.encode(frame)).length < (await encoder.encode(frame)).length);
  await low.close();
});

for (const [name, change, message] of [
  ["too few bytes", { bytes: Buffer.alloc(100) }, "raw frame: 100 bytes, 6144 needed (YUYV 64x48)"],
  ["lines that are too short", { bytesPerLine: 127 }, "raw frame: 127 bytes a line, 128 needed (YUYV 64x48)"],
  ["no width", { width: 0 }, "raw frame: no picture (YUYV 0x48)"],
] as const) {
  test(`refuses ${name}, and goes on with the next frame`, async () => {
    await assert.rejects(encoder.encode({ ...rawPicture("YUYV", 64, 48), ...change }), new ProtocolError(message));
    assert.ok((await encoder.encode(rawPicture("YUYV", 64, 48))).length > 0);
  });
}

test("what the library refuses is an error, and the next frame works", async () => {
  const flat = {
    ...rawPicture("GREY", 8, 8),
    width: 70_000,
    height: 1,
    bytesPerLine: 70_000,
    bytes: Buffer.alloc(70_000),
  };
  await assert.rejects(encoder.encode(flat), /^Error: JPEG encoder: /);
  assert.ok((await encoder.encode(rawPicture("GREY", 8, 8))).length > 0);
});

test("closing rejects what is under way; encoding again starts anew", async () => {
  const own = new JpegEncoder(80);
  await own.close();
  await own.encode(rawPicture("YUYV", 64, 48));
  const closed = Promise.all([
    // Large enough not to be finished before it is closed, also on a busy machine.
    assert.rejects(own.encode(rawPicture("YUYV", 4000, 3000)), new Error("JPEG encoder: closed")),
    assert.rejects(own.encode(rawPicture("YUYV", 64, 48)), new Error("JPEG encoder: closed")),
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  await own.close();
  await closed;
  assert.ok((await own.encode(rawPicture("YUYV", 64, 48))).length > 0);
  await own.close();
});

test("closing before the worker was asked starts none", async () => {
  const own = new JpegEncoder(80, new URL("data:text/javascript,throw new Error('started')"));
  const rejected = assert.rejects(own.encode(rawPicture("YUYV", 64, 48)), new Error("JPEG encoder: closed"));
  await own.close();
  await rejected;
});

test("closing in the middle of the native library does the process no harm, nor the next picture", async () => {
  const large = rawPicture("GREY", 2000, 1500);
  const wanted = await encoder.encode(rawPicture("YUYV", 320, 240));
  const own = new JpegEncoder(90);
  let closed = 0;
  for (let round = 0; round < 10; round++) {
    await own.encode(rawPicture("GREY", 16, 16)); // the worker is up: the next one is begun at once
    // On a busy machine the picture may be finished before we come to close.
    const ended = own.encode(large).catch((error: unknown) => {
      assert.match(String(error), /closed/);
      closed += 1;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const closing = own.close();
    assert.deepEqual(await own.encode(rawPicture("YUYV", 320, 240)), wanted);
    await Promise.all([ended, closing]);
  }
  assert.ok(closed > 0, "never closed in the middle");
  await own.close();
});

for (const [name, script, message] of [
  ["throws", "throw new Error('broken')", "JPEG encoder: broken"],
  ["ends", "process.exit(3)", "JPEG encoder: worker ended with 3"],
] as const) {
  test(`a worker that ${name} is an error, and the next frame gets a new worker`, async () => {
    const onMessage = `import { parentPort } from "node:worker_threads"; parentPort.once("message", () => { ${script} })`;
    const own = new JpegEncoder(80, new URL(`data:text/javascript,${encodeURIComponent(onMessage)}`));
    await assert.rejects(own.encode(rawPicture("YUYV", 16, 16)), new Error(message));
    await assert.rejects(own.encode(rawPicture("YUYV", 16, 16)), new Error(message));
    await own.close();
  });
}
