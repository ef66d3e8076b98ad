import assert from "node:assert/strict";
import { before, test } from "node:test";
import sharp from "sharp";
import { CaptureChannel } from "../../../src/capture/capture-channel.ts";
import type { MeanLuma } from "../../../src/capture/ingest.ts";
import type { SourceSink } from "../../../src/capture/source.ts";
import { DeviceError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import type { JpegFrame } from "../../../src/media/frame.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

let picture: Buffer;
before(async () => {
  picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } })
    .jpeg()
    .toBuffer();
});

function setUp(meanLuma?: MeanLuma) {
  const clock = new FakeClock();
  let sink: SourceSink | undefined;
  let sequence = 0;
  const channel = new CaptureChannel({
    id: "door",
    name: "Door",
    kind: "v4l2",
    source: {
      origin: "/dev/video0",
      run: (given, signal) => {
        sink = given;
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    },
    mode: "on-demand",
    lingerMs: 1_000,
    ...(meanLuma && { meanLuma }),
    clock,
    log: silentLog,
  });
  const deliver = async (bytes: Buffer): Promise<void> => {
    sequence += 1;
    const captureTimeNs = clock.monotonicNs();
    sink?.frame({ codec: "jpeg", keyframe: true, bytes, width: 64, height: 48, captureTimeNs, sequence });
    await settle();
  };
  const shown: JpegFrame[] = [];
  const watch = async (): Promise<() => void> => {
    const leave = channel.jpeg.subscribe((frame) => void shown.push(frame));
    await settle();
    return leave;
  };
  return { clock, channel, deliver, shown, watch, sink: () => sink };
}

test("a viewer starts the camera, gets its frames, and its leaving closes it after the linger", async () => {
  const { clock, channel, deliver, shown, watch } = setUp();
  await channel.start();
  const leave = await watch();
  assert.equal(channel.state.status.state, "starting");
  await deliver(picture);
  assert.equal(channel.state.status.state, "live");
  assert.equal(shown[0]?.bytes, picture, "a whole picture is passed on as it is");
  leave();
  await clock.advance(1_000);
  assert.equal(channel.state.status.state, "idle");
  assert.equal(channel.jpeg.latest, undefined, "what it showed is history");
  await channel.stop();
});

test("pictures are mended once, broken ones dropped and counted", async () => {
  const { channel, deliver, shown, watch } = setUp();
  await channel.start();
  await watch();
  await deliver(Buffer.concat([picture, Buffer.alloc(500)]));
  await deliver(picture.subarray(0, 200));
  await deliver(Buffer.from("not a picture"));
  assert.equal(shown.length, 1);
  assert.ok(shown[0]?.bytes.equals(picture), "padding behind the picture is gone");
  assert.deepEqual([channel.stats.frames, channel.stats.drops.corrupt], [1, 2]);
  await channel.stop();
});

test("nothing but broken pictures is a fault, with the reason; the camera is started again", async () => {
  const { clock, channel, deliver, watch } = setUp();
  await channel.start();
  await watch();
  for (let index = 0; index < 50; index += 1) {
    await deliver(Buffer.from("garbage"));
    await clock.advance(100);
  }
  assert.equal(channel.state.status.state, "lost");
  assert.match(channel.state.status.reason, /^\/dev\/video0: none of its frames is a whole picture \(.+\)$/);
  assert.equal(channel.stats.restarts, 1);
  await clock.advance(1_000);
  await deliver(picture);
  assert.equal(channel.state.status.state, "live");
  await channel.stop();
});

test("a run whose frames are of no use to anybody can be failed, in words", async () => {
  const { clock, channel, deliver, watch } = setUp();
  await channel.start();
  await watch();
  await deliver(picture);
  channel.fail(new DeviceError("failed", "pictures cannot be encoded"));
  await settle();
  assert.deepEqual([channel.state.status.state, channel.state.status.reason], ["lost", "pictures cannot be encoded"]);
  await clock.advance(300);
  await deliver(picture);
  assert.equal(channel.state.status.state, "live");
  await channel.stop();
});

test("no picture is shown until the exposure has settled", async () => {
  const lumas = [2, 40, 90, 120, 121, 120, 10];
  const { clock, channel, deliver, shown, watch } = setUp(async () => lumas.shift() ?? 0);
  await channel.start();
  await watch();
  for (let index = 0; index < 7; index += 1) {
    await deliver(picture);
    await clock.advance(33);
  }
  assert.deepEqual(
    shown.map(({ sequence }) => sequence),
    [6, 7],
  );
  assert.equal(channel.stats.drops.settling, 5);
  await channel.stop();
});

test("a camera whose brightness cannot be measured is shown at once", async () => {
  const { channel, deliver, shown, watch } = setUp(() => Promise.reject(new Error("no decoder")));
  await channel.start();
  await watch();
  await deliver(picture);
  assert.equal(shown.length, 1);
  await channel.stop();
});

test("after a run nothing of it comes through any more", async () => {
  const { clock, channel, deliver, shown, watch, sink } = setUp();
  await channel.start();
  const leave = await watch();
  await deliver(picture);
  const old = sink();
  leave();
  await clock.advance(1_000);
  await watch();
  old?.frame({ codec: "jpeg", keyframe: true, bytes: picture, width: 1, height: 1, captureTimeNs: 0n, sequence: 0 });
  assert.equal(shown.length, 1);
  await channel.stop();
  assert.equal(clock.pending, 0);
});
