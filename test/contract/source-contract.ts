import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";
import type { Source, SourceSink } from "../../src/capture/source.ts";
import { DeviceError } from "../../src/core/errors.ts";
import type { CaptureFormat, DropCause } from "../../src/hub/camera-feed.ts";
import { rawFrameLifetime, type Frame } from "../../src/media/frame.ts";
import { processResources } from "../support/process-resources.ts";
import { until } from "../support/wait.ts";

/** What a kind of source brings along for the suite. */
export interface SourceUnderTest {
  readonly name: string;
  readonly skip?: string | false;
  /** A source that works, at 64x48 or more and 5 pictures a second or more. */
  create(): Source;
  /** Sources that fail, each with the words its error must have; none for a source that cannot fail. */
  readonly failing: readonly { readonly name: string; create(): Source; readonly words: RegExp }[];
}

type Event = { readonly format: CaptureFormat } | { readonly frame: Frame } | { readonly drop: DropCause };

/** Writes down everything a source tells. */
export class RecordingSink implements SourceSink {
  readonly events: Event[] = [];

  get frames(): readonly Frame[] {
    return this.events.flatMap((event) => ("frame" in event ? [event.frame] : []));
  }

  format(format: CaptureFormat): void {
    this.events.push({ format });
  }

  frame(frame: Frame): void {
    this.events.push({ frame });
  }

  drop(drop: DropCause): void {
    this.events.push({ drop });
  }
}

/** Runs `source` until `count` frames came, then stops it; returns what it told. */
export async function capture(source: Source, count: number): Promise<RecordingSink> {
  const sink = new RecordingSink();
  const stop = new AbortController();
  const ended = source.run(sink, stop.signal);
  const enough = until(() => sink.frames.length >= count, `${count} frames`, 15_000);
  try {
    await Promise.race([enough, ended.then(() => assert.fail("the source ended by itself"))]);
  } finally {
    stop.abort();
  }
  await ended;
  return sink;
}

/** What every source must do (src/capture/source.ts). */
export function testSource(under: SourceUnderTest): void {
  describe(`source contract: ${under.name}`, { skip: under.skip ?? false, timeout: 60_000 }, () => {
    it("announces the format before the first frame, which is a decodable picture of that size", async () => {
      const { events } = await capture(under.create(), 1);
      const [first, ...others] = events.filter((event) => !("drop" in event));
      assert.ok(first && "format" in first, "no format before the first frame");
      const frame = others.find((event) => "frame" in event)?.frame;
      assert.ok(frame);
      const { codec, width, height } = first.format;
      assert.deepEqual({ codec: frame.codec, width: frame.width, height: frame.height }, { codec, width, height });
      assert.ok(frame.bytes.length > 0);
      await assertDecodable(frame);
    });

    it("gives times and sequence numbers that only grow, on this machine's monotonic clock", async () => {
      const beforeNs = process.hrtime.bigint();
      const { frames } = await capture(under.create(), 8);
      const afterNs = process.hrtime.bigint();
      for (const [index, frame] of frames.entries()) {
        const before = frames[index - 1];
        assert.ok(frame.captureTimeNs > (before?.captureTimeNs ?? beforeNs), `time of frame ${index}`);
        assert.ok(frame.captureTimeNs <= afterNs, `time of frame ${index} lies ahead`);
        if (before) assert.ok(frame.sequence > before.sequence, `sequence of frame ${index}`);
      }
    });

    it("does not touch a frame's bytes again, or a raw one's for as long as it says", async () => {
      const source = under.create();
      const copies: { frame: Frame; copy: Buffer }[] = [];
      let touched = 0;
      const check = (from: number): void => {
        for (const { frame, copy } of copies.slice(from)) if (!frame.bytes.equals(copy)) touched += 1;
      };
      const stop = new AbortController();
      const ended = source.run(
        {
          format() {},
          drop() {},
          frame: (frame) => {
            check(frame.codec === "raw" ? Math.max(0, copies.length - rawFrameLifetime) : 0);
            copies.push({ frame, copy: Buffer.from(frame.bytes) });
          },
        },
        stop.signal,
      );
      await until(() => copies.length >= 8, "8 frames", 15_000);
      stop.abort();
      await ended;
      assert.equal(touched, 0);
    });

    it("closes everything when stopped, can run again, and leaves nothing behind", async () => {
      await capture(under.create(), 1);
      const before = processResources();
      const source = under.create();
      await capture(source, 2);
      assert.deepEqual(processResources(), before);
      const again = await capture(source, 2);
      assert.ok("format" in (again.events[0] ?? {}), "no format in the second run");
      assert.deepEqual(processResources(), before);
    });

    it("ends within two seconds and is silent afterwards", async () => {
      const sink = new RecordingSink();
      const stop = new AbortController();
      const ended = under.create().run(sink, stop.signal);
      await until(() => sink.frames.length >= 1, "a frame", 15_000);
      const startMs = performance.now();
      stop.abort();
      await ended;
      assert.ok(performance.now() - startMs < 2000, "stopping took too long");
      const told = sink.events.length;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      assert.equal(sink.events.length, told);
    });

    it("does nothing when told to stop before it began, and stops when told right after", async () => {
      const before = processResources();
      const sink = new RecordingSink();
      await under.create().run(sink, AbortSignal.abort());
      assert.deepEqual(sink.events, []);
      const stop = new AbortController();
      const ended = under.create().run(sink, stop.signal);
      stop.abort();
      await ended;
      assert.deepEqual(processResources(), before);
    });

    for (const { name, words, ...failing } of under.failing) {
      it(`fails in plain words, everything closed: ${name}`, async () => {
        const before = processResources();
        await assert.rejects(failing.create().run(new RecordingSink(), new AbortController().signal), (error) => {
          assert.ok(error instanceof DeviceError, `${String(error)} is no DeviceError`);
          assert.match(error.message, words);
          return true;
        });
        assert.deepEqual(processResources(), before);
      });
    }
  });
}

async function assertDecodable(frame: Frame): Promise<void> {
  if (frame.codec === "jpeg") {
    const { data, info } = await sharp(frame.bytes, { failOn: "error" }).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [frame.width, frame.height]);
    assert.ok(new Set(data).size > 1, "the picture is of one colour");
  } else if (frame.codec === "raw") {
    assert.ok(frame.bytes.length >= frame.bytesPerLine * frame.height, "the picture is too short");
  }
}
