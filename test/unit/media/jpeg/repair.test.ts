import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { standardHuffmanTables } from "../../../../src/media/jpeg/huffman-tables.ts";
import { repairJpeg } from "../../../../src/media/jpeg/repair.ts";
import { anyInput, testAnyBytes, testMalformedTable } from "../../../support/codec-kit.ts";
import {
  HEIGHT,
  WIDTH,
  exifWithThumbnail,
  exifWithoutThumbnail,
  plainJpeg,
  restartJpeg,
  segment,
  uvcJpeg,
  withSegments,
  withoutSegments,
} from "./jpeg-samples.ts";
import fc from "fast-check";

const plain = plainJpeg();
const scanAt = plain.indexOf(Buffer.from([0xff, 0xda]));
const scanData = readEnd(plain, scanAt);
const comment = segment(0xfe, Buffer.from("\xff\xd8\xff\xd9 not a picture \xff\xda", "latin1"));

function readEnd(bytes: Buffer, segmentAt: number): number {
  return segmentAt + 2 + bytes.readUInt16BE(segmentAt + 2);
}

async function pixels(jpeg: Buffer): Promise<Buffer> {
  return sharp(jpeg, { failOn: "warning" }).raw().toBuffer();
}

for (const [name, bytes] of [
  ["a JFIF picture", plain],
  ["restart markers", restartJpeg],
  ["a COM segment that looks like a picture", withSegments(plain, comment)],
  ["EXIF without a thumbnail", withSegments(plain, exifWithoutThumbnail)],
  ["fill bytes before a marker", withSegments(plain, Buffer.from([0xff, 0xff, 0xff]))],
] as const) {
  test(`leaves alone ${name}: the very same buffer comes back`, async () => {
    const copy = Buffer.from(bytes);
    const repaired = repairJpeg(bytes);
    assert.equal(repaired.bytes, bytes);
    assert.deepEqual(bytes, copy);
    const { width, height } = await sharp(bytes).metadata();
    assert.deepEqual({ width: repaired.width, height: repaired.height }, { width, height });
  });
}

test("leaves alone a progressive picture, with markers in its tables between scans", async () => {
  const raw = { width: 96, height: 64, channels: 3 } as const;
  const noise = Buffer.from(Array.from({ length: 96 * 64 * 3 }, (_, index) => (index * index * 31) & 0xff));
  const progressive = await sharp(noise, { raw }).jpeg({ progressive: true }).toBuffer();
  const secondScan = progressive.indexOf(Buffer.from([0xff, 0xc4]), progressive.indexOf(Buffer.from([0xff, 0xda])));
  assert.ok(secondScan > 0);
  const trap = Buffer.concat([progressive.subarray(0, secondScan), comment, progressive.subarray(secondScan)]);
  assert.equal(repairJpeg(trap).bytes, trap);
  assert.deepEqual(await pixels(repairJpeg(Buffer.concat([trap, trap])).bytes), await pixels(progressive));
});

test("puts in the typical Huffman tables and turns AVI1 to JFIF: the picture decodes as its original", async () => {
  const camera = uvcJpeg();
  assert.equal(camera.includes(Buffer.from([0xff, 0xc4])), false);
  const repaired = repairJpeg(camera);
  assert.deepEqual([repaired.width, repaired.height], [WIDTH, HEIGHT]);
  assert.ok(repaired.bytes.includes(standardHuffmanTables));
  assert.equal(repaired.bytes.subarray(6, 11).toString("latin1"), "JFIF\0");
  assert.equal(repaired.bytes.includes("AVI1"), false);
  assert.deepEqual(await pixels(repaired.bytes), await pixels(plain));
});

test("the tables are the ones that libjpeg-turbo writes", () => {
  assert.equal(standardHuffmanTables.length, 420);
  const written = Buffer.concat([...segmentsOf(plain, 0xc4)]);
  assert.deepEqual(standardHuffmanTables.subarray(4), written);
});

function* segmentsOf(jpeg: Buffer, marker: number): Generator<Buffer> {
  for (let at = 2; jpeg[at + 1] !== 0xda; at = readEnd(jpeg, at)) {
    if (jpeg[at + 1] === marker) yield jpeg.subarray(at + 4, readEnd(jpeg, at));
  }
}

test("does not take DHT's bytes within a comment for Huffman tables", async () => {
  const bare = withSegments(withoutSegments(plain, 0xc4), segment(0xfe, standardHuffmanTables));
  assert.deepEqual(await pixels(repairJpeg(bare).bytes), await pixels(plain));
});

test("takes AVI1 out where JFIF stands already", () => {
  const avi1 = segment(0xe0, Buffer.concat([Buffer.from("AVI1"), Buffer.alloc(10)]));
  const jfif = plain.subarray(2, readEnd(plain, 2));
  const rest = Buffer.concat([plain.subarray(0, 2), plain.subarray(readEnd(plain, 2))]);
  assert.deepEqual(repairJpeg(withSegments(rest, jfif, avi1)).bytes, plain);
});

for (const [name, tail] of [
  ["zero padding", Buffer.alloc(4096)],
  ["one stray byte", Buffer.from([0])],
  ["a lone FF", Buffer.from([0xff])],
  ["a second picture", plainJpeg(2)],
  ["a partial second picture", plainJpeg(2).subarray(0, 300)],
  ["the tail of another picture, EOI and all", plainJpeg(2).subarray(-100)],
] as const) {
  test(`cuts off ${name} after EOI without copying`, () => {
    const padded = Buffer.concat([plain, tail]);
    const repaired = repairJpeg(padded).bytes;
    assert.deepEqual(repaired, plain);
    assert.equal(repaired.buffer, padded.buffer);
    assert.deepEqual(repairJpeg(Buffer.concat([uvcJpeg(), tail])).bytes, repairJpeg(uvcJpeg()).bytes);
  });
}

for (const [name, thumbnail] of [
  ["EXIF", exifWithThumbnail],
  ["JFXX", segment(0xe0, Buffer.concat([Buffer.from("JFXX\0\x10", "latin1"), plainJpeg(3, 16, 16)]))],
] as const) {
  test(`takes out a thumbnail in ${name}: the first SOI to EOI is the picture`, () => {
    assert.deepEqual(repairJpeg(withSegments(plain, thumbnail)).bytes, plain);
    assert.deepEqual(
      repairJpeg(withSegments(uvcJpeg(), thumbnail, comment)).bytes,
      repairJpeg(withSegments(uvcJpeg(), comment)).bytes,
    );
  });
}

test("mends all at once, keeping the comment", async () => {
  const worst = Buffer.concat([withSegments(uvcJpeg(), exifWithThumbnail, comment), Buffer.alloc(100), plainJpeg(2)]);
  const { bytes } = repairJpeg(worst);
  assert.ok(bytes.includes(comment));
  assert.deepEqual(await pixels(bytes), await pixels(plain));
});

const header = plain.subarray(0, scanData);
const patched = (at: number, ...values: number[]): Buffer => {
  const copy = Buffer.from(plain);
  copy.set(values, at);
  return copy;
};
const frameAt = plain.indexOf(Buffer.from([0xff, 0xc0]));

testMalformedTable("repairJpeg", repairJpeg, [
  { name: "nothing", bytes: Buffer.alloc(0), message: "JPEG: 0 bytes are too short" },
  { name: "too short a frame", bytes: plain.subarray(0, 149), message: "JPEG: 149 bytes are too short" },
  { name: "no SOI", bytes: plain.subarray(2), message: "JPEG: does not begin with SOI" },
  { name: "zeros", bytes: Buffer.alloc(5000), message: "JPEG: does not begin with SOI" },
  { name: "a cut header", bytes: plain.subarray(0, scanAt - 5), message: "JPEG: cut off within a segment" },
  {
    name: "a header cut at a segment",
    bytes: plain.subarray(0, scanAt),
    message: `JPEG: no marker at offset ${scanAt}`,
  },
  { name: "a cut marker", bytes: plain.subarray(0, scanAt + 1), message: "JPEG: cut off between segments" },
  { name: "a cut length", bytes: plain.subarray(0, scanAt + 3), message: "JPEG: cut off between segments" },
  { name: "a cut picture", bytes: plain.subarray(0, -2), message: "JPEG: cut off before EOI" },
  { name: "a picture cut within EOI", bytes: plain.subarray(0, -1), message: "JPEG: cut off before EOI" },
  { name: "a header alone", bytes: header, message: "JPEG: cut off before EOI" },
  {
    name: "a scan without data",
    bytes: Buffer.concat([header, Buffer.from([0xff, 0xd9])]),
    message: "JPEG: the first scan is empty",
  },
  {
    name: "a cut picture with a whole one behind it",
    bytes: Buffer.concat([plain.subarray(0, -2), plain]),
    message: `JPEG: marker d8 at offset ${plain.length - 2} within the picture`,
  },
  {
    name: "EOI in the header",
    bytes: withSegments(plain, Buffer.from([0xff, 0xd9])),
    message: "JPEG: marker d9 at offset 2",
  },
  {
    name: "a segment of length 1",
    bytes: withSegments(plain, Buffer.from([0xff, 0xfe, 0, 1])),
    message: "JPEG: segment at offset 2 has no length",
  },
  { name: "garbage between segments", bytes: patched(scanAt, 0x12), message: `JPEG: no marker at offset ${scanAt}` },
  {
    name: "no quantisation tables",
    bytes: withoutSegments(plain, 0xdb),
    message: "JPEG: no quantisation tables",
  },
  {
    name: "no frame header",
    bytes: withoutSegments(plain, 0xc0),
    message: "JPEG: no frame header before the first scan",
  },
  { name: "a picture of no height", bytes: patched(frameAt + 5, 0, 0), message: `JPEG: a picture of ${WIDTH}x0` },
  { name: "a picture of no width", bytes: patched(frameAt + 7, 0, 0), message: `JPEG: a picture of 0x${HEIGHT}` },
  {
    name: "a frame header with too many components",
    bytes: patched(frameAt + 9, 4),
    message: "JPEG: frame header of the wrong length",
  },
  {
    name: "a short frame header",
    bytes: withSegments(withoutSegments(plain, 0xc0), segment(0xc0, Buffer.from([8, 0, 1]))),
    message: "JPEG: frame header is too short",
  },
  {
    name: "a progressive picture without Huffman tables",
    bytes: withoutSegments(patched(frameAt + 1, 0xc2), 0xc4),
    message: "JPEG: no Huffman tables",
  },
]);

const seeds = [plain, uvcJpeg(), restartJpeg, withSegments(plain, exifWithThumbnail, comment)];
testAnyBytes("repairJpeg", repairJpeg, seeds);

test("repairing twice is repairing once, and never writes to its input", () => {
  fc.assert(
    fc.property(anyInput(seeds), (bytes) => {
      const before = Buffer.from(bytes);
      const once = attempt(bytes);
      assert.deepEqual(bytes, before);
      if (once) assert.equal(attempt(once), once);
    }),
  );
});

function attempt(bytes: Buffer): Buffer | undefined {
  try {
    return repairJpeg(bytes).bytes;
  } catch {
    return undefined;
  }
}
