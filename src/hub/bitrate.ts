import type { CameraFeed } from "./camera-feed.ts";

/**
 * Bits a second at the rate measured now: of the frames as the camera sends them, by their mean size so far; of a raw
 * camera's pictures as they are sent on, by the newest one's size.
 */
export function bitsPerSecond({ stats, format, jpeg }: CameraFeed): number {
  const mean = stats.frames === 0 ? 0 : stats.bytes / stats.frames;
  const sizeBytes = format?.codec === "raw" ? (jpeg.latest?.bytes.length ?? 0) : mean;
  return Math.round(sizeBytes * 8 * stats.fps);
}
