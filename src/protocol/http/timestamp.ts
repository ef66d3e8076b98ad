/** Seconds with microseconds since 1970-01-01 UTC, as mjpg-streamer writes `X-Timestamp`. */
export function formatTimestamp(wallMs: number): string {
  return (wallMs / 1000).toFixed(6);
}
