import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JpegSplitter } from "../../../../src/media/jpeg/jpeg-splitter.ts";
import { testAnyCut } from "../../../support/codec-kit.ts";
import { exifWithThumbnail, plainJpeg, restartJpeg, segment, uvcJpeg, withSegments } from "./jpeg-samples.ts";

const MAX = 64 * 1024;
const one = plainJpeg(1);
const two = withSegments(uvcJpeg(2), exifWithThumbnail);
const three = restartJpeg;
const multipart = Buffer.from("\r\n--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 12345\r\n\r\n");

function split(bytes: Buffer, maxFrameBytes = MAX): { frames: Buffer[]; bytes: number; broken: number } {
  const splitter = new JpegSplitter(maxFrameBytes);
  const frames = splitter.push(bytes);
  return { frames, bytes: splitter.discardedBytes, broken: splitter.discardedFrames };
}

test("cuts bare pictures, thumbnails and restart markers within", () => {
  const result = split(Buffer.concat([one, two, three, one]));
  assert.deepEqual(result, { frames: [one, two, three, one], bytes: 0, broken: 0 });
});

test("passes over multipart headers and counts them", () => {
  const result = split(Buffer.concat([multipart, one, multipart, two, multipart]));
  assert.deepEqual(result, { frames: [one, two], bytes: 3 * multipart.length, broken: 0 });
});

test("gives a picture out with its last byte", () => {
  const splitter = new JpegSplitter(MAX);
  assert.deepEqual(splitter.push(one.subarray(0, -1)), []);
  assert.deepEqual(splitter.push(one.subarray(-1)), [one]);
});

test("a comment that looks like a picture's end ends nothing", () => {
  const tricky = withSegments(one, segment(0xfe, Buffer.from([0xff, 0xd9, 0xff, 0xd8, 0xff, 0xda, 0, 2])));
  assert.deepEqual(split(Buffer.concat([tricky, two])).frames, [tricky, two]);
});

test("finds its way after garbage, false starts and pictures cut in their data", () => {
  const garbage = Buffer.from([0xff, 0x00, 0xff, 0xd8, 0x12, 0xff, 0xff, 0xd8, 0xff, 0xd8]);
  const cut = one.subarray(0, -20);
  const result = split(Buffer.concat([garbage, one, cut, two, cut, three]));
  assert.deepEqual(result.frames, [one, two, three]);
  assert.equal(result.bytes, garbage.length + 2 * cut.length);
});

test("damage within a header takes at most the next picture along", () => {
  const cut = one.subarray(0, 40);
  assert.deepEqual(split(Buffer.concat([one, cut, two, three, one])).frames.slice(-2), [three, one]);
});

test("discards pictures that are too long and takes one of just the limit", () => {
  assert.deepEqual(split(Buffer.concat([one, one]), one.length).frames, [one, one]);
  const result = split(Buffer.concat([one, one]), one.length - 1);
  assert.deepEqual(result, { frames: [], bytes: 2 * one.length, broken: 2 });
});

test("a segment beyond the limit is given up at once, not waited for", () => {
  const splitter = new JpegSplitter(1000);
  assert.deepEqual(splitter.push(Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0xff, 0xff])), []);
  assert.equal(splitter.discardedFrames, 1);
});

test("gives memory of its own, whatever becomes of the chunk", () => {
  const chunk = Buffer.concat([one, two]);
  const frames = new JpegSplitter(MAX).push(chunk);
  chunk.fill(0);
  assert.deepEqual(frames, [one, two]);
});

test("every byte is in a picture, discarded, or waiting", () => {
  const stream = fc.array(fc.constantFrom(one, two, three, multipart, one.subarray(0, 99), Buffer.from([0xff])));
  fc.assert(
    fc.property(stream, (pieces) => {
      const bytes = Buffer.concat(pieces);
      const { frames, bytes: discarded } = split(bytes);
      const out = frames.reduce((sum, frame) => sum + frame.length, 0) + discarded;
      assert.ok(out <= bytes.length && bytes.length - out <= MAX);
    }),
  );
});

test("stays linear on a megabyte of nested starts and of endless data", () => {
  const nested = Buffer.alloc(1 << 20, Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 4]));
  const stuffed = Buffer.concat([one.subarray(0, -2), Buffer.alloc(1 << 20, Buffer.from([0xff, 0x00]))]);
  for (const bytes of [nested, stuffed]) {
    const before = process.cpuUsage();
    const splitter = new JpegSplitter(1 << 19);
    for (let at = 0; at < bytes.length; at += 100) splitter.push(bytes.subarray(at, at + 100));
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 3e6, `${(user + system) / 1000} ms of CPU`);
  }
});

const seeds = [one, two, three, Buffer.concat([multipart, one, multipart, three])];
testAnyCut("JpegSplitter", () => new JpegSplitter(MAX), seeds);
testAnyCut("JpegSplitter with a low limit", () => new JpegSplitter(600), seeds);
testAnyCut("JpegSplitter's counters", counting, seeds);

/** Gives the counters at the end as its only item. */
function counting(): { push(chunk: Buffer): never[]; end(): { bytes: number; frames: number }[] } {
  const splitter = new JpegSplitter(700);
  return {
    push: (chunk) => {
      splitter.push(chunk);
      return [];
    },
    end: () => [{ bytes: splitter.discardedBytes, frames: splitter.discardedFrames }],
  };
}
