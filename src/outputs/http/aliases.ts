import { ProtocolError, UnavailableError } from "../../core/errors.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { RouteAlias } from "../../protocol/http/route.ts";

const STREAM = "/cameras/:id/stream";
const SNAPSHOT = "/cameras/:id/snapshot.jpg";

/** Old names by path; those by query (`/?action=…`) are {@link ACTION_PATTERN}. */
export const routeAliases: readonly RouteAlias[] = [
  { path: "/stream", target: STREAM, summary: "Live MJPEG of the first camera" },
  { path: "/stream.mjpg", target: STREAM, summary: "Live MJPEG of the first camera" },
  { path: "/stream.mjpeg", target: STREAM, summary: "Live MJPEG of the first camera" },
  { path: "/snapshot.jpg", target: SNAPSHOT, summary: "Newest picture of the first camera" },
  { path: "/snapshot", target: SNAPSHOT, summary: "Newest picture of the first camera" },
  { path: "/index.html", target: "/", summary: "The web page" },
];

/** What `/?action=` may be: mjpg-streamer's names, `_N` counting cameras from 0. */
export const ACTION_PATTERN = "^(?:stream|snapshot)(?:_\\d{1,3})?$|^command$";

const ACTION = /^(stream|snapshot)(?:_(\d{1,3}))?$/;
const byPath = new Map(routeAliases.map((alias) => [alias.path, alias.target]));

/** Cameras that somebody may see, in their order. */
type Cameras = readonly CameraFeed[];

/**
 * The path that answers for `path` and `query` (without `?`): the same one when it is no alias. First and numbered cameras are
 * counted among those that the caller may see. Throws UnavailableError where there is no camera yet, ProtocolError 404 where
 * there is none of that number, HttpProblem 403 for `command`.
 */
export function resolveAlias(
  registry: CameraRegistry,
  path: string,
  query: string,
  maySee: (cameraId: string) => boolean = () => true,
): string {
  const isAction = path === "/" && query !== "";
  if (!isAction && !byPath.has(path)) return path;
  const cameras = registry.list().filter(({ id }) => maySee(id));
  const target = isAction ? resolveAction(cameras, query) : byPath.get(path);
  if (target === undefined) return path;
  return target.includes(":id") ? target.replace(":id", numberedCamera(cameras, 0).id) : target;
}

function resolveAction(cameras: Cameras, query: string): string | undefined {
  const action = new URLSearchParams(query).getAll("action").at(-1);
  if (action === "command") {
    const detail =
      "a GET request changes nothing here: controls are set with PATCH /api/cameras/ID/controls " +
      'and a JSON body such as {"brightness": 140}';
    throw new HttpProblem(403, detail, { members: { key: "action" } });
  }
  const [, what, index] = ACTION.exec(action ?? "") ?? [];
  if (what === undefined) return undefined;
  const target = what === "stream" ? STREAM : SNAPSHOT;
  return index === undefined ? target : target.replace(":id", numberedCamera(cameras, Number(index)).id);
}

function numberedCamera(cameras: Cameras, index: number): CameraFeed {
  const camera = cameras[index];
  if (camera) return camera;
  if (cameras.length === 0) throw new UnavailableError("there is no camera: none is plugged in and none is configured");
  throw new ProtocolError(`there is no camera number ${index}: they are counted from 0`, 404);
}
