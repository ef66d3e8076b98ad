import { monotonicToWallMs, type Clock } from "../../core/clock.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import { frameAgeMs } from "../../hub/frame-age.ts";
import { FrameWaiter, type FrameTimeouts } from "../../hub/frame-waiter.ts";
import type { JpegFrame } from "../../media/frame.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import { formatTimestamp } from "../../protocol/http/timestamp.ts";
import { SnapshotCapture } from "./snapshot-capture.ts";

/** Without `max_age`, a running camera's newest picture will do when it is not older than this. */
const FRESH_MS = 1000;

/** What {@link createSnapshotRoutes} needs. */
export interface SnapshotOptions {
  readonly registry: CameraRegistry;
  readonly clock: Clock;
  readonly timeouts?: Partial<FrameTimeouts>;
}

/** `GET /cameras/:id/snapshot.jpg`: the newest picture, or 503 with the reason; never a placeholder. */
export function createSnapshotRoutes(options: SnapshotOptions): readonly HttpRoute[] {
  const { registry, clock } = options;
  const capture = new SnapshotCapture(clock, new FrameWaiter(clock, options.timeouts));
  return [
    {
      method: "GET",
      path: "/cameras/:id/snapshot.jpg",
      access: "snapshot",
      summary: "Newest picture of a camera",
      query: [
        {
          name: "max_age",
          description: `Oldest picture to accept, in milliseconds; 0 waits for the next one (default ${FRESH_MS})`,
          schema: { type: "integer", minimum: 0, maximum: 86_400_000 },
        },
      ],
      response: { type: "image/jpeg" },
      problems: [400, 404, 503],
      handle: async (request) => {
        const id = request.params["id"] ?? "";
        const feed = registry.find(id);
        const maxAgeMs = (request.query["max_age"] as number | undefined) ?? FRESH_MS;
        return reply(clock, id, request, await capture.take(feed, maxAgeMs, request.signal));
      },
    },
  ];
}

function reply(clock: Clock, id: string, request: HttpRequest, frame: JpegFrame): HttpReply {
  const etag = `"${id}-${frame.captureTimeNs.toString(36)}-${frame.sequence}"`;
  const headers = {
    "Content-Type": "image/jpeg",
    "Cache-Control": "no-store",
    ETag: etag,
    "X-Timestamp": formatTimestamp(monotonicToWallMs(clock, frame.captureTimeNs)),
    "X-Frame-Age": String(Math.round(frameAgeMs(clock, frame))),
  };
  if (request.headers["if-none-match"] === etag) return { status: 304, headers };
  return { headers, body: frame.bytes };
}
