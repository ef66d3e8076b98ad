import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DeviceError } from "../../../../src/core/errors.ts";
import { silentLog } from "../../../../src/core/log.ts";
import type { CaptureFormat, DropCause } from "../../../../src/hub/camera-feed.ts";
import type { Frame } from "../../../../src/media/frame.ts";
import type { SourceSink } from "../../../../src/capture/source.ts";
import { createV4l2Source, type V4l2SourceOptions } from "../../../../src/capture/v4l2/v4l2-source.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeLibc, type ErrorName } from "./fake-libc.ts";

const device = "/dev/test-video";

class Recorder implements SourceSink {
  readonly formats: CaptureFormat[] = [];
  readonly frames: Frame[] = [];
  readonly drops: Partial<Record<DropCause, number>> = {};
  format = (format: CaptureFormat): void => void this.formats.push(format);
  frame = (frame: Frame): void => void this.frames.push(frame);
  drop = (cause: DropCause, count = 1): void => void (this.drops[cause] = (this.drops[cause] ?? 0) + count);
}

/** A run of a source on a fake camera, up to where it streams or has failed. */
async function start(libc: FakeLibc, options: Partial<V4l2SourceOptions> = {}) {
  const clock = new FakeClock();
  const sink = new Recorder();
  const stop = new AbortController();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
  const source = createV4l2Source({ device, format: "auto", log, clock, libc, ...options });
  const errors: unknown[] = [];
  const done = source.run(sink, stop.signal).catch((reason: unknown) => void errors.push(reason));
  for (let turn = 0; turn < 20 && libc.watched === 0 && errors.length === 0; turn += 1) await settle();
  return { clock, sink, stop, done, warnings, error: () => errors[0] as DeviceError };
}

function assertReleased(libc: FakeLibc): void {
  assert.equal(libc.open.size, 0, "descriptors");
  assert.equal(libc.mapped, 0, "mappings");
  assert.equal(libc.watched, 0, "watches");
  assert.equal(libc.streaming, false, "streaming");
}

const picture = (text: string): Buffer => Buffer.from(text);

describe("V4L2 source", () => {
  it("tells its format, passes frames on, and stops when told to", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done, clock, error } = await start(libc);
    assert.deepEqual(sink.formats, [{ codec: "jpeg", pixelFormat: "MJPG", width: 1280, height: 720, fps: 30 }]);
    const timestampNs = clock.monotonicNs() - 5_000_000n;
    libc.deliver({ bytes: picture("one"), sequence: 0, timestampNs });
    libc.wake();
    const [frame] = sink.frames;
    assert.equal(frame?.bytes.toString(), "one");
    assert.equal(frame?.captureTimeNs, timestampNs);
    assert.equal(frame?.codec, "jpeg");
    stop.abort();
    await done;
    assert.equal(error(), undefined);
    assertReleased(libc);
    assert.equal(clock.pending, 0);
  });

  it("notices within half a second a frame of which nobody was woken, and asks again to be woken", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done, clock } = await start(libc);
    libc.deliver({ bytes: picture("late"), sequence: 0 });
    await clock.advance(500);
    assert.equal(sink.frames[0]?.bytes.toString(), "late");
    assert.equal(libc.rearmed, 1);
    stop.abort();
    await done;
  });

  it("tells once each half second that controls were changed elsewhere, whatever it was", async () => {
    const libc = new FakeLibc();
    let told = 0;
    const { stop, done, clock, error } = await start(libc, { onControlChange: () => void (told += 1) });
    await clock.advance(500);
    assert.equal(told, 0);
    libc.events.push(3, 3, 3);
    await clock.advance(499);
    assert.equal(told, 0);
    await clock.advance(1);
    assert.deepEqual([told, libc.events.length], [1, 0]);
    libc.events.push(3);
    await clock.advance(1_000);
    assert.equal(told, 2);
    stop.abort();
    await done;
    assert.equal(error(), undefined);
  });

  it("stops arming the watch anew once frames come", async () => {
    const libc = new FakeLibc();
    const { stop, done, clock } = await start(libc);
    for (let sequence = 0; sequence < 60; sequence += 1) {
      libc.deliver({ bytes: picture("x"), sequence });
      libc.wake();
      await clock.advance(33);
    }
    assert.equal(libc.rearmed, 4);
    stop.abort();
    await done;
  });

  it("gives every buffer back, whatever was in it", async () => {
    const libc = new FakeLibc();
    const { stop, done } = await start(libc);
    const buffers = libc.queued.size;
    assert.equal(buffers, 8);
    for (let sequence = 0; sequence < 40; sequence += 1) {
      const flags = sequence % 3 === 0 ? 0x40 : 0;
      libc.deliver({ bytes: picture(sequence % 5 === 0 ? "" : "x"), sequence, flags });
      if (sequence % 4 === 0) libc.wake();
    }
    libc.wake();
    assert.equal(libc.queued.size, buffers);
    stop.abort();
    await done;
  });

  it("passes on the newest of what is waiting and counts the others", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done } = await start(libc);
    for (const sequence of [0, 1, 2]) libc.deliver({ bytes: picture(`${sequence}`), sequence });
    libc.wake();
    assert.deepEqual(
      sink.frames.map(({ bytes }) => bytes.toString()),
      ["2"],
    );
    assert.deepEqual(sink.drops, { stale: 2 });
    stop.abort();
    await done;
  });

  it("drops and counts broken buffers, and passes on the good one before them", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done } = await start(libc);
    libc.deliver({ bytes: picture("good"), sequence: 0 });
    libc.deliver({ bytes: picture("bad"), sequence: 1, flags: 0x40 });
    libc.deliver({ bytes: picture(""), sequence: 2 });
    libc.wake();
    assert.equal(sink.frames[0]?.bytes.toString(), "good");
    assert.deepEqual(sink.drops, { "error-flag": 1, corrupt: 1 });
    stop.abort();
    await done;
  });

  it("counts what the driver lost, and not what it never had", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done } = await start(libc);
    for (const sequence of [7, 8, 12, 0, 1]) {
      libc.deliver({ bytes: picture("x"), sequence });
      libc.wake();
    }
    assert.deepEqual(sink.drops, { "sequence-gap": 3 });
    assert.deepEqual(
      sink.frames.map(({ sequence }) => sequence),
      [1, 2, 6, 7, 8],
    );
    stop.abort();
    await done;
  });

  it("takes the arrival where the driver's time is none or cannot be", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done, clock } = await start(libc);
    await clock.advance(100);
    const nowNs = clock.monotonicNs();
    libc.deliver({ bytes: picture("x"), sequence: 0 });
    libc.wake();
    libc.deliver({ bytes: picture("x"), sequence: 1, timestampNs: nowNs + 1_000_000_000n });
    libc.wake();
    assert.deepEqual(
      sink.frames.map(({ captureTimeNs }) => captureTimeNs),
      [nowNs, nowNs],
    );
    stop.abort();
    await done;
  });

  it("drops raw pictures that are too short", async () => {
    const libc = new FakeLibc();
    libc.formats = [{ fourcc: "GREY", sizes: [{ width: 40, height: 30, fps: [30] }] }];
    const { sink, stop, done } = await start(libc);
    libc.deliver({ bytes: Buffer.alloc(1199), sequence: 0 });
    libc.wake();
    libc.deliver({ bytes: Buffer.alloc(1500), sequence: 1 });
    libc.wake();
    assert.deepEqual(sink.drops, { corrupt: 1 });
    const [frame] = sink.frames;
    assert.equal(frame?.bytes.length, 1200);
    assert.equal(frame?.codec === "raw" && frame.bytesPerLine, 40);
    stop.abort();
    await done;
  });

  it("fails as stalled when no frame comes, later where frames come slowly", async () => {
    const libc = new FakeLibc();
    const run = await start(libc);
    libc.deliver({ bytes: picture("x"), sequence: 0 });
    libc.wake();
    await run.clock.advance(1_900);
    assert.equal(run.error(), undefined);
    await run.clock.advance(700);
    await run.done;
    assert.equal(run.error().code, "stalled");
    assertReleased(libc);

    const slow = await start(libc);
    for (const sequence of [0, 1]) {
      await slow.clock.advance(1_500);
      libc.deliver({ bytes: picture("x"), sequence });
      libc.wake();
    }
    await slow.clock.advance(7_000);
    assert.equal(slow.error(), undefined);
    await slow.clock.advance(1_500);
    await slow.done;
    assert.equal(slow.error().code, "stalled");
  });

  it("gives a camera five seconds for its first frame", async () => {
    const libc = new FakeLibc();
    const { clock, done, error } = await start(libc);
    await clock.advance(4_900);
    assert.equal(error(), undefined);
    await clock.advance(700);
    assert.equal(error()?.code, "stalled");
    await done;
    assertReleased(libc);
  });

  it("ends when the device reports an error without a frame, instead of spinning", async () => {
    const libc = new FakeLibc();
    const { done, error } = await start(libc);
    libc.wake({ readable: false, failed: true });
    await done;
    assert.equal(error().code, "failed");
    assertReleased(libc);
  });

  it("ends when the format or the signal changes", async () => {
    const changed = new FakeLibc();
    const one = await start(changed);
    changed.set = { fourcc: "MJPG", width: 640, height: 480 };
    await one.clock.advance(600);
    await one.done;
    assert.match(one.error().message, /changed from MJPG 1280x720 to MJPG 640x480/);

    const signalled = new FakeLibc();
    const two = await start(signalled);
    signalled.events.push(5);
    await two.clock.advance(600);
    await two.done;
    assert.match(two.error().message, /signal changed/);
    assertReleased(signalled);
  });

  const failures: readonly (readonly [request: string, errno: ErrorName, code: string])[] = [
    ["open", "ENODEV", "gone"],
    ["open", "EACCES", "permission"],
    ["VIDIOC_QUERYCAP", "ENOTTY", "unsupported"],
    ["VIDIOC_S_FMT", "EBUSY", "busy"],
    ["VIDIOC_S_PARM", "EIO", "failed"],
    ["VIDIOC_REQBUFS", "ENOMEM", "failed"],
    ["VIDIOC_QUERYBUF", "EINVAL", "failed"],
    ["mmap", "ENOMEM", "failed"],
    ["VIDIOC_QBUF", "EIO", "failed"],
    ["VIDIOC_STREAMON", "ENOSPC", "bandwidth"],
    ["VIDIOC_STREAMON", "EPROTO", "failed"],
  ];
  for (const [request, errno, code] of failures) {
    it(`says "${code}" and releases everything when ${request} fails with ${errno}`, async () => {
      const libc = new FakeLibc();
      libc.failing.set(request, errno);
      const { done, error } = await start(libc);
      await done;
      assert.ok(error() instanceof DeviceError);
      assert.equal(error().code, code);
      assert.ok(error().message.includes(device), error().message);
      assertReleased(libc);
    });
  }

  it("ends as gone when the camera is pulled out while it streams", async () => {
    const libc = new FakeLibc();
    const { done, error } = await start(libc);
    for (const request of ["VIDIOC_DQBUF", "VIDIOC_STREAMOFF", "VIDIOC_REQBUFS"]) libc.failing.set(request, "ENODEV");
    libc.wake();
    await done;
    assert.equal(error().code, "gone");
    assert.equal(libc.open.size + libc.mapped + libc.watched, 0);
  });

  it("refuses what the camera did not grant, and says what it can do", async () => {
    const libc = new FakeLibc();
    libc.grant = { width: 640, height: 480 };
    const { done, error } = await start(libc, { width: 1280, height: 720 });
    await done;
    assert.equal(error().code, "format");
    assert.match(error().message, /gave MJPG 640x480 .* it can do: MJPG 1280x720 \(30 fps\); YUYV 640x480/);
    assertReleased(libc);
  });

  it("warns of another rate and goes on", async () => {
    const libc = new FakeLibc();
    const { sink, stop, done, warnings } = await start(libc, { fps: 60 });
    assert.deepEqual(warnings, [`${device} gives 30 fps instead of 60`]);
    assert.equal(sink.formats[0]?.fps, 30);
    stop.abort();
    await done;
  });

  it("calls back between format and streaming, and after it", async () => {
    const libc = new FakeLibc();
    const { stop, done } = await start(libc, {
      onOpen: () => void libc.calls.push("onOpen"),
      onStreaming: () => void libc.calls.push("onStreaming"),
    });
    const order = libc.calls.filter((name) => /S_FMT|onOpen|STREAMON|onStreaming/.test(name));
    assert.deepEqual(order, ["VIDIOC_S_FMT", "onOpen", "VIDIOC_STREAMON", "onStreaming"]);
    stop.abort();
    await done;
  });

  it("resolves without opening anything when it is aborted before", async () => {
    const libc = new FakeLibc();
    const source = createV4l2Source({ device, format: "auto", log: silentLog, clock: new FakeClock(), libc });
    await source.run(new Recorder(), AbortSignal.abort());
    assert.deepEqual(libc.calls, []);
  });

  it("releases everything when it is aborted while it opens", async () => {
    const libc = new FakeLibc();
    const stop = new AbortController();
    const options = { device, format: "auto", log: silentLog, clock: new FakeClock(), libc };
    await createV4l2Source({ ...options, onOpen: () => stop.abort() }).run(new Recorder(), stop.signal);
    assert.equal(libc.calls.includes("VIDIOC_STREAMON"), false);
    assertReleased(libc);
  });

  it("knows whether its device is there", async () => {
    const options = { format: "auto", log: silentLog, clock: new FakeClock(), libc: new FakeLibc() };
    assert.equal(await createV4l2Source({ ...options, device: "/dev/null" }).absence?.(), undefined);
    assert.match((await createV4l2Source({ ...options, device }).absence?.()) ?? "", /not there/);
  });
});
