import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { readJpegSize } from "../../../../src/capture/command/jpeg-size.ts";
import { MjpegReader } from "../../../../src/capture/command/mjpeg-reader.ts";
import type { CaptureFormat } from "../../../../src/hub/camera-feed.ts";
import type { Frame } from "../../../../src/media/frame.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

/** Headers of a picture and some entropy-coded bytes. */
function picture(width: number, height: number, filler = 0x55, length = 300): Buffer {
  const header = Buffer.from("ffd8ffc0000b080000000001011100ffda0008010100003f00", "hex");
  header.writeUInt16BE(height, 7);
  header.writeUInt16BE(width, 9);
  return Buffer.concat([header, Buffer.alloc(length, filler), Buffer.from("ffd9", "hex")]);
}

function createReader() {
  const clock = new FakeClock();
  const formats: CaptureFormat[] = [];
  const frames: Frame[] = [];
  let corrupt = 0;
  const sink = {
    format: (format: CaptureFormat) => formats.push(format),
    frame: (frame: Frame) => frames.push(frame),
    drop: (_cause: string, count = 1) => {
      corrupt += count;
    },
  };
  return { clock, formats, frames, reader: new MjpegReader(sink, clock, 30), corrupt: () => corrupt };
}

describe("MJPEG reader", () => {
  it("announces the size before the first picture and again when it changes", () => {
    const { reader, formats, frames } = createReader();
    assert.equal(reader.push(Buffer.concat([picture(640, 480), picture(640, 480), picture(320, 240)])), 3);
    assert.deepEqual(formats, [
      { codec: "jpeg", pixelFormat: "MJPG", width: 640, height: 480, fps: 30 },
      { codec: "jpeg", pixelFormat: "MJPG", width: 320, height: 240, fps: 30 },
    ]);
    assert.deepEqual(
      frames.map(({ sequence, width }) => [sequence, width]),
      [
        [0, 640],
        [1, 640],
        [2, 320],
      ],
    );
  });

  it("stamps a picture with the arrival of its first byte", async () => {
    const { reader, frames, clock } = createReader();
    const bytes = picture(64, 48);
    const arrivals: bigint[] = [];
    const arrive = async (...parts: Buffer[]) => {
      await clock.advance(10);
      arrivals.push(clock.monotonicNs());
      reader.push(Buffer.concat(parts));
    };
    await arrive(bytes.subarray(0, 100));
    await arrive(bytes.subarray(100));
    await arrive(Buffer.from("\r\n--part\r\nContent-Length: 1\r\n\r\n"));
    await arrive(bytes.subarray(0, 50));
    await arrive(bytes.subarray(50), bytes.subarray(0, 200));
    await arrive(bytes.subarray(200), bytes);
    assert.deepEqual(
      frames.map(({ captureTimeNs }) => arrivals.indexOf(captureTimeNs)),
      [0, 3, 4, 5],
    );
  });

  it("gives the same pictures however the output is cut", () => {
    const output = Buffer.concat([
      Buffer.from("--ffmpeg\r\nContent-type: image/jpeg\r\n\r\n"),
      picture(64, 48, 1),
      Buffer.from("\r\n--ffmpeg\r\n"),
      picture(64, 48, 2),
      picture(80, 60, 3, 70_000),
    ]);
    const whole = createReader();
    whole.reader.push(output);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 40 }), (sizes) => {
        const cut = createReader();
        let at = 0;
        for (const size of [...sizes, output.length]) {
          cut.reader.push(output.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(cut.frames, whole.frames);
        assert.deepEqual(cut.formats, whole.formats);
      }),
      { numRuns: 50 },
    );
  });

  it("counts what is no picture and goes on", () => {
    const { reader, frames, corrupt } = createReader();
    reader.push(Buffer.from("ffd8ffe000104a46ffd8ff", "hex"));
    reader.push(Buffer.alloc(40, 0x20));
    for (let i = 0; i < 1000; i++) reader.push(Buffer.from("ffd8ffd8ffd9ffd9", "hex"));
    reader.push(picture(64, 48));
    reader.push(picture(64, 48));
    assert.ok(corrupt() > 500, `${corrupt()} refused`);
    assert.ok(frames.length > 0);
    assert.ok(frames.every(({ width }) => width === 64));
  });

  it("says what the output is when it is not MJPEG", () => {
    const { reader } = createReader();
    assert.equal(reader.foreign, undefined);
    reader.push(Buffer.from("00", "hex"));
    reader.push(Buffer.from("00000167640028", "hex"));
    assert.equal(reader.foreign, "H.264 or H.265");
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), (chunks) => {
        const { reader } = createReader();
        for (const chunk of chunks) reader.push(Buffer.from(chunk));
        readJpegSize(Buffer.concat(chunks));
      }),
    );
  });
});

describe("size of a JPEG", () => {
  it("is read from the frame header", () =>
    assert.deepEqual(readJpegSize(picture(1280, 720)), { width: 1280, height: 720 }));
  it("is unknown where there is none", () => {
    assert.equal(readJpegSize(Buffer.from("ffd8ffda0008010100003f00ffd9", "hex")), undefined);
    assert.equal(readJpegSize(Buffer.from("ffd8ffd9", "hex")), undefined);
    assert.equal(readJpegSize(Buffer.alloc(0)), undefined);
    assert.equal(readJpegSize(picture(0, 720)), undefined);
  });
});
