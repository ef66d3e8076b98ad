import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { ViewersPort } from "../../hub/viewers-port.ts";

/**
 * ustreamer's `/state` for one camera, member by member, so that scripts written for it go on working. `captured_fps` and
 * `queued_fps` are whole numbers there. A machine without a camera is one that is not online.
 */
export function describeUstreamerState(feed: CameraFeed | undefined, viewers: ViewersPort, jpegQuality: number) {
  const clients = feed ? viewers.clients(feed.id) : [];
  const fps = Math.round(feed?.stats.fps ?? 0);
  const isOnline = feed?.state.status.state === "live";
  return {
    ok: true,
    result: {
      instance_id: feed?.id ?? "",
      // "HW" is ustreamer's word for the camera's own JPEG, passed through.
      encoder: { type: feed?.format?.codec === "raw" ? "CPU" : "HW", quality: jpegQuality },
      source: {
        resolution: { width: feed?.format?.width ?? 0, height: feed?.format?.height ?? 0 },
        online: isOnline,
        desired_fps: Math.round(feed?.format?.fps ?? 0),
        captured_fps: fps,
      },
      stream: {
        queued_fps: fps,
        clients: feed ? viewers.viewers(feed.id) : 0,
        clients_stat: Object.fromEntries(clients.map((client) => [client.id, describeClient(client)])),
      },
    },
  };
}

function describeClient(client: ReturnType<ViewersPort["clients"]>[number]) {
  return {
    fps: Math.round(client.fps),
    extra_headers: client.extraHeaders,
    advance_headers: client.advanceHeaders,
    dual_final_frames: client.dualFinalFrames,
    zero_data: client.zeroData,
    key: client.key ?? "0",
  };
}
