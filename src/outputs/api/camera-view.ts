import type { Clock } from "../../core/clock.ts";
import { bitsPerSecond } from "../../hub/bitrate.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraSwitch } from "../../hub/camera-switch.ts";
import { newestFrameAgeMs } from "../../hub/frame-age.ts";
import type { ViewersPort } from "../../hub/viewers-port.ts";
import { plainBasePath } from "../../protocol/http/base-path.ts";

/** One thing a camera can deliver, as it says itself. */
export interface OfferedFormat {
  /** V4L2's name, e.g. `MJPG`. */
  readonly pixelFormat: string;
  readonly sizes: readonly OfferedSize[];
}

/** One frame size of an {@link OfferedFormat}, pixels, with its frame rates, frames a second. */
interface OfferedSize {
  readonly width: number;
  readonly height: number;
  readonly fps: readonly number[];
}

/** What a camera can do, where somebody knows: undefined for cameras that do not say. Throws DeviceError. */
export type FormatsPort = (cameraId: string) => Promise<readonly OfferedFormat[] | undefined>;

/** What a camera's description is read from, beside the camera. */
export interface CameraViewSources {
  readonly viewers: ViewersPort;
  readonly switches: CameraSwitch;
  /** `server.basePath`. */
  readonly basePath: string;
  readonly clock: Clock;
}

/** Of a command the program alone: its arguments may be secrets that no rule knows. */
function shownOrigin({ source, origin }: CameraFeed): string {
  return source === "command" ? (/^(?:'[^']*'|\S+)/.exec(origin)?.[0] ?? "") : origin;
}

/** A camera as `/api/cameras` shows it; the schemas in api-schemas.ts say the same to machines. */
export function describeCamera(feed: CameraFeed, { viewers, switches, basePath, clock }: CameraViewSources) {
  const { state, reason, since } = feed.state.status;
  const { frames, drops, restarts, lastError, fps } = feed.stats;
  const ageMs = newestFrameAgeMs(clock, feed);
  const root = plainBasePath(basePath);
  const path = `/cameras/${feed.id}`;
  return {
    id: feed.id,
    name: feed.name,
    source: feed.source,
    origin: shownOrigin(feed),
    state,
    reason,
    since: new Date(since).toISOString(),
    enabled: switches.isOn(feed.id),
    format: feed.format ?? null,
    frameAgeMs: ageMs === undefined ? null : Math.round(ageMs),
    fps: Math.round(fps * 10) / 10,
    bitrate: bitsPerSecond(feed),
    frames,
    drops,
    restarts,
    lastError: lastError ?? null,
    viewers: viewers.viewers(feed.id),
    // Addresses stay out: where somebody watches from is not for everybody who may watch, too.
    clients: viewers
      .clients(feed.id)
      .map(({ id, fps: sent, key }) => ({ id, fps: sent, ...(key === undefined ? {} : { key }) })),
    urls: {
      stream: `${root}${path}/stream`,
      snapshot: `${root}${path}/snapshot.jpg`,
      controls: `${root}/api${path}/controls`,
    },
  };
}
