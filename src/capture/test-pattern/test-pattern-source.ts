import type { Clock } from "../../core/clock.ts";
import type { Source, SourceSink } from "../source.ts";
import type { PatternSettings } from "./pattern-settings.ts";
import { createTestPattern, type TestPattern } from "./test-pattern.ts";

/** What the pattern looks like. */
export interface TestPatternOptions {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Pictures a second, more than 0. */
  readonly fps: number;
  /** What decides how it looks. Default: it is as it is. */
  readonly settings?: PatternSettings;
  readonly clock: Clock;
}

/**
 * A moving picture with a readable clock, for machines without a camera: raw RGB24 frames, so that nothing is encoded
 * while nobody watches. Never fails.
 */
export function createTestPatternSource(options: TestPatternOptions): Source {
  const { width, height, fps } = options;
  return {
    origin: `test pattern ${width}x${height}, ${fps} pictures a second`,
    run: (sink, signal) => runPattern(options, sink, signal),
  };
}

function runPattern(options: TestPatternOptions, sink: SourceSink, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { width, height, fps, settings, clock } = options;
  let pattern = createTestPattern(width, height, settings?.look);
  const startNs = clock.monotonicNs();
  const elapsedMs = () => Number(clock.monotonicNs() - startNs) / 1e6;
  sink.format({ codec: "raw", pixelFormat: "RGB24", width, height, fps });
  return new Promise((resolve) => {
    let sequence = 0;
    const tick = () => {
      if (settings && settings.look !== pattern.look) pattern = createTestPattern(width, height, settings.look);
      settings?.countFrame();
      publishPicture(options, pattern, sequence, sink);
      // By the rate, without drift; what a busy machine missed is skipped, not caught up with.
      sequence = Math.max(sequence, Math.floor((elapsedMs() * fps) / 1000)) + 1;
      cancel = clock.after(Math.max(0, (sequence * 1000) / fps - elapsedMs()), tick);
    };
    let cancel = clock.after(0, tick);
    const stop = () => {
      cancel();
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

function publishPicture(options: TestPatternOptions, pattern: TestPattern, sequence: number, sink: SourceSink): void {
  const { width, height, clock } = options;
  const captureTimeNs = clock.monotonicNs();
  const bytes = pattern.draw(clock.wallMs(), sequence);
  sink.frame({
    codec: "raw",
    keyframe: true,
    pixelFormat: "RGB24",
    bytes,
    width,
    height,
    bytesPerLine: width * 3,
    captureTimeNs,
    sequence,
  });
}
