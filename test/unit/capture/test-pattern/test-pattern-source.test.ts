import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestPatternSource } from "../../../../src/capture/test-pattern/test-pattern-source.ts";
import type { Clock } from "../../../../src/core/clock.ts";
import type { Frame } from "../../../../src/media/frame.ts";

/** One timer at most, run by hand; drawing takes `drawMs` of its time. */
function createManualClock() {
  let nowMs = 1000;
  let timer: { dueMs: number; callback: () => void } | undefined;
  const clock: Clock = {
    monotonicNs: () => BigInt(Math.round(nowMs * 1e6)),
    wallMs: () => 1_800_000_000_000 + nowMs,
    after(delayMs, callback) {
      assert.equal(timer, undefined, "more than one timer");
      const own = { dueMs: nowMs + delayMs, callback };
      timer = own;
      return () => {
        if (timer === own) timer = undefined;
      };
    },
  };
  const runTimer = (lateMs = 0) => {
    const due = timer;
    assert.ok(due, "no timer is set");
    timer = undefined;
    nowMs = due.dueMs + lateMs;
    due.callback();
  };
  return { clock, runTimer, isIdle: () => timer === undefined, nowMs: () => nowMs };
}

function start(fps: number) {
  const manual = createManualClock();
  const frames: Frame[] = [];
  const formats: object[] = [];
  const stop = new AbortController();
  const source = createTestPatternSource({ width: 64, height: 48, fps, clock: manual.clock });
  const sink = {
    format: (format: object) => formats.push(format),
    frame: (frame: Frame) => frames.push(frame),
    drop: assert.fail,
  };
  const ended = source.run(sink, stop.signal);
  return { ...manual, frames, formats, stop, ended, source };
}

describe("test pattern source", () => {
  it("announces its format, then publishes raw frames at its rate without drift", async () => {
    const { frames, formats, runTimer, stop, ended } = start(10);
    assert.deepEqual(formats, [{ codec: "raw", pixelFormat: "RGB24", width: 64, height: 48, fps: 10 }]);
    assert.equal(frames.length, 0);
    for (let i = 0; i < 30; i++) runTimer(i % 3 === 1 ? 4 : 0);
    assert.deepEqual(
      frames.map((frame) => frame.sequence),
      Array.from({ length: 30 }, (_, i) => i),
    );
    assert.equal(frames[0]?.captureTimeNs, 1_000_000_000n);
    assert.equal(frames[29]?.captureTimeNs, 3_900_000_000n);
    assert.notDeepEqual(frames[0]?.bytes, frames[1]?.bytes);
    stop.abort();
    await ended;
  });

  it("skips what a busy machine missed", async () => {
    const { frames, runTimer, stop, ended } = start(10);
    runTimer();
    runTimer(250);
    runTimer();
    assert.deepEqual(
      frames.map((frame) => frame.sequence),
      [0, 1, 4],
    );
    assert.equal(frames[2]?.captureTimeNs, 1_400_000_000n);
    stop.abort();
    await ended;
  });

  it("leaves no timer behind when stopped, and can run again", async () => {
    const { isIdle, runTimer, stop, ended, source } = start(25);
    runTimer();
    stop.abort();
    await ended;
    assert.equal(isIdle(), true);
    const again = new AbortController();
    const second = source.run({ format: () => {}, frame: () => {}, drop: () => {} }, again.signal);
    assert.equal(isIdle(), false);
    again.abort();
    await second;
    assert.equal(isIdle(), true);
  });

  it("does nothing when told to stop before it began", async () => {
    const { clock } = createManualClock();
    const source = createTestPatternSource({ width: 64, height: 48, fps: 10, clock });
    const unwanted = () => assert.fail("told the sink something");
    await source.run({ format: unwanted, frame: unwanted, drop: unwanted }, AbortSignal.abort());
  });
});
