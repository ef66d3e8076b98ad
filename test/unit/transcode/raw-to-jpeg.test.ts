import assert from "node:assert/strict";
import { test } from "node:test";
import type { DropCause } from "../../../src/hub/camera-feed.ts";
import { FrameHub } from "../../../src/hub/frame-hub.ts";
import { rawFrameLifetime, type JpegFrame, type RawFrame } from "../../../src/media/frame.ts";
import { repairJpeg } from "../../../src/media/jpeg/repair.ts";
import { meanLuma } from "../../../src/transcode/mean-luma.ts";
import { createRawToJpeg } from "../../../src/transcode/raw-to-jpeg.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { rawPicture } from "./raw-pictures.ts";

/** An encoder that finishes when the test says so. */
class HandEncoder {
  readonly jobs: { frame: RawFrame; done(): void; fail(error: Error): void }[] = [];
  closed = 0;

  encode(frame: RawFrame): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.jobs.push({ frame, done: () => resolve(Buffer.from([frame.sequence])), fail: reject });
    });
  }

  async close(): Promise<void> {
    this.closed++;
  }

  /** The newest job. */
  get job(): (typeof this.jobs)[number] {
    const job = this.jobs.at(-1);
    assert.ok(job);
    return job;
  }
}

function setUp() {
  const raw = new FrameHub<RawFrame>();
  const jpeg = new FrameHub<JpegFrame>();
  const encoder = new HandEncoder();
  const clock = new FakeClock();
  const drops: DropCause[] = [];
  const errors: string[] = [];
  const transcoder = createRawToJpeg({
    raw,
    jpeg,
    quality: 80,
    encoder,
    clock,
    idleMs: 1000,
    onDrop: (cause) => drops.push(cause),
    onError: (error) => errors.push(error.message),
  });
  const seen: number[] = [];
  const watch = (): (() => void) => jpeg.subscribe((frame) => seen.push(frame.sequence));
  const send = (sequence: number): void => raw.publish({ ...rawPicture("YUYV", 16, 16), sequence });
  return { raw, jpeg, encoder, clock, drops, errors, transcoder, seen, watch, send };
}

test("asks for raw frames only while somebody wants JPEG", () => {
  const { raw, watch } = setUp();
  assert.equal(raw.demand, 0);
  const leave = watch();
  const leaveToo = watch();
  assert.equal(raw.demand, 1);
  leave();
  assert.equal(raw.demand, 1);
  leaveToo();
  assert.equal(raw.demand, 0);
});

test("somebody who was there before is served as well", () => {
  const raw = new FrameHub<RawFrame>();
  const jpeg = new FrameHub<JpegFrame>();
  jpeg.subscribe(() => {});
  createRawToJpeg({ raw, jpeg, quality: 80, onDrop: () => {}, onError: () => {}, encoder: new HandEncoder() });
  assert.equal(raw.demand, 1);
});

test("a finished picture is out at once, without another raw frame", async () => {
  const { encoder, watch, send, seen, jpeg } = setUp();
  watch();
  send(1);
  encoder.job.done();
  await settle();
  assert.deepEqual(seen, [1]);
  const { captureTimeNs, width, height, codec, keyframe } = jpeg.latest ?? {};
  assert.deepEqual([captureTimeNs, width, height, codec, keyframe], [123n, 16, 16, "jpeg", true]);
});

test("the newest frame wins while the encoder is busy, the others are counted", async () => {
  const { encoder, watch, send, seen, drops } = setUp();
  watch();
  for (const sequence of [1, 2, 3, 4]) send(sequence);
  assert.equal(encoder.jobs.length, 1);
  assert.deepEqual(drops, ["encoder-busy", "encoder-busy"]);
  encoder.job.done();
  await settle();
  assert.equal(encoder.job.frame.sequence, 4);
  encoder.job.done();
  await settle();
  assert.deepEqual(seen, [1, 4]);
});

test("a frame that cannot be encoded is reported, the next one is taken", async () => {
  const { encoder, watch, send, seen, errors } = setUp();
  watch();
  send(1);
  encoder.job.fail(new Error("no"));
  await settle();
  send(2);
  encoder.job.done();
  await settle();
  assert.deepEqual([errors, seen], [["no"], [2]]);
});

test("the encoder is ended a while after the last viewer left, unless one comes back", async () => {
  const { encoder, clock, watch } = setUp();
  watch()();
  await clock.advance(900);
  const leave = watch();
  await clock.advance(5000);
  assert.equal(encoder.closed, 0);
  leave();
  await clock.advance(999);
  assert.equal(encoder.closed, 0);
  await clock.advance(1);
  assert.equal(encoder.closed, 1);
});

test("nothing is published after everybody left, nor after the camera was closed", async () => {
  const { encoder, watch, send, jpeg, raw } = setUp();
  const leave = watch();
  send(1);
  leave();
  encoder.job.done();
  await settle();
  assert.equal(jpeg.latest, undefined);
  watch();
  send(2);
  raw.clear();
  encoder.job.done();
  await settle();
  assert.equal(jpeg.latest, undefined);
});

test("stopping leaves the hubs, ends the encoder, leaves no timer, and may be done twice", async () => {
  const { encoder, watch, send, raw, clock, transcoder, errors } = setUp();
  const leave = watch();
  send(1);
  leave();
  await transcoder.stop();
  await transcoder.stop();
  assert.deepEqual([raw.demand, clock.pending, encoder.closed > 0], [0, 0, true]);
  watch();
  assert.equal(raw.demand, 0);
  assert.deepEqual(errors, []);
});

test("a picture's memory may be used again when its time is over: what waits was replaced, what is encoded was copied", async () => {
  const raw = new FrameHub<RawFrame>();
  const jpeg = new FrameHub<JpegFrame>();
  const transcoder = createRawToJpeg({ raw, jpeg, quality: 80, onDrop: () => {}, onError: assert.ifError });
  const shades = Array.from({ length: 12 }, (_, index) => 20 * index);
  const ring = Array.from({ length: rawFrameLifetime + 1 }, () => Buffer.alloc(320 * 240));
  const seen: JpegFrame[] = [];
  const last = new Promise<void>((resolve) => {
    jpeg.subscribe((frame) => {
      seen.push(frame);
      if (frame.sequence === shades.length - 1) resolve();
    });
  });
  for (const [sequence, shade] of shades.entries()) {
    const bytes = ring[sequence % ring.length]?.fill(shade) ?? Buffer.alloc(0);
    const shape = { pixelFormat: "GREY", width: 320, height: 240, bytesPerLine: 320 } as const;
    raw.publish({ ...shape, codec: "raw", keyframe: true, bytes, captureTimeNs: 0n, sequence });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await last;
  assert.ok(seen.length > 1);
  for (const frame of seen) {
    const luma = await meanLuma(frame);
    assert.ok(Math.abs(luma - (shades[frame.sequence] ?? 0)) <= 1, `${luma} for picture ${frame.sequence}`);
  }
  await transcoder.stop();
});

test("with the real encoder: pictures in, JPEG out", async () => {
  const raw = new FrameHub<RawFrame>();
  const jpeg = new FrameHub<JpegFrame>();
  const transcoder = createRawToJpeg({ raw, jpeg, quality: 80, onDrop: () => {}, onError: assert.ifError });
  const frame = await new Promise<JpegFrame>((resolve) => {
    jpeg.subscribe(resolve);
    raw.publish(rawPicture("UYVY", 320, 240));
  });
  assert.deepEqual(repairJpeg(frame.bytes), { bytes: frame.bytes, width: 320, height: 240 });
  assert.equal(frame.sequence, 7);
  await transcoder.stop();
});
