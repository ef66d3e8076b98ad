import type { Clock } from "../core/clock.ts";
import type { Frame } from "../media/frame.ts";
import type { CameraFeed } from "./camera-feed.ts";

/** Milliseconds since `frame` was captured; never negative. */
export function frameAgeMs(clock: Clock, frame: Frame): number {
  return Math.max(0, Number(clock.monotonicNs() - frame.captureTimeNs) / 1e6);
}

/** Age in milliseconds of the newest frame on any track; undefined while there is none. */
export function newestFrameAgeMs(clock: Clock, feed: CameraFeed): number | undefined {
  const ages = [feed.jpeg.latest, feed.h264.latest, feed.raw.latest].flatMap((frame) =>
    frame ? [frameAgeMs(clock, frame)] : [],
  );
  return ages.length === 0 ? undefined : Math.min(...ages);
}
