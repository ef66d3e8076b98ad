import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/clock.ts";
import { UnavailableError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import { FrameWaiter } from "../../hub/frame-waiter.ts";
import type { ViewerInfo, ViewerLosses, ViewersPort } from "../../hub/viewers-port.ts";
import { plainBasePath } from "../../protocol/http/base-path.ts";
import type { HttpReply, HttpRequest, HttpRoute, QueryParameter } from "../../protocol/http/route.ts";
import { mjpegBoundary } from "../../protocol/multipart/mixed-replace.ts";
import { FanOut } from "./fan-out.ts";
import { Viewer, type ViewerWishes } from "./viewer.ts";

export interface MjpegOutputOptions {
  readonly registry: CameraRegistry;
  /** `server.basePath`. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds from capture to the last write of a frame. */
  onSent(cameraId: string, seconds: number): void;
}

const query: readonly QueryParameter[] = [
  { name: "fps", description: "frames a second at most", schema: { type: "number", minimum: 0.1, maximum: 240 } },
  {
    name: "key",
    description: "echoed in /state and in the cookie stream_client",
    schema: { type: "string", maxLength: 64, pattern: "^[A-Za-z0-9_.-]*$" },
  },
  {
    name: "advance_headers",
    description: "send the next part's head early, without Content-Length",
    schema: { type: "boolean" },
  },
  {
    name: "dual_final_frames",
    description: "send the last frame of a series twice (WebKit)",
    schema: { type: "boolean" },
  },
  {
    name: "extra_headers",
    description: "add ustreamer's X-UStreamer-… headers to each part",
    schema: { type: "boolean" },
  },
  { name: "zero_data", description: "send part heads without pictures, for measuring", schema: { type: "boolean" } },
];

/** MJPEG over HTTP (multipart/x-mixed-replace) for any number of viewers of any number of cameras. */
export class MjpegOutput implements ViewersPort {
  readonly #options: MjpegOutputOptions;
  readonly #waiter: FrameWaiter;
  readonly #fanOuts = new Map<string, FanOut>();

  constructor(options: MjpegOutputOptions) {
    this.#options = options;
    this.#waiter = new FrameWaiter(options.clock);
    options.registry.onChange((change, feed) => {
      if (change === "removed") this.#forget(feed.id);
    });
  }

  /** The door: each camera's own stream (the first camera's other names are aliases). */
  routes(): readonly HttpRoute[] {
    return [
      {
        method: "GET",
        path: "/cameras/:id/stream",
        access: "view",
        summary: "Live MJPEG of one camera",
        query,
        response: { type: "multipart/x-mixed-replace" },
        isStream: true,
        problems: [400, 404, 429, 503],
        handle: (request) => this.#handle(request),
      },
    ];
  }

  /** How many viewers a camera has. */
  viewers(cameraId: string): number {
    return this.#fanOuts.get(cameraId)?.viewers.size ?? 0;
  }

  /** The viewers of a camera, one by one. */
  clients(cameraId: string): readonly ViewerInfo[] {
    return [...(this.#fanOuts.get(cameraId)?.viewers ?? [])].map((viewer) => viewer.info);
  }

  /** What the viewers of a camera lost. */
  losses(cameraId: string): ViewerLosses {
    return this.#fanOuts.get(cameraId)?.losses ?? { skipped: 0, stuck: 0 };
  }

  /** Ends every viewer. */
  stop(): void {
    for (const fanOut of this.#fanOuts.values()) fanOut.stop();
    this.#fanOuts.clear();
  }

  async #handle(request: HttpRequest): Promise<HttpReply> {
    const feed = this.#options.registry.find(request.params["id"] ?? "");
    const wishes = toWishes(request);
    const id = randomUUID().slice(0, 16);
    const headers = streamHeaders(this.#formatCookie(request, `${wishes.key ?? "0"}/${id}`));
    const { state, reason } = feed.state.status;
    if (request.method === "HEAD" && (state === "lost" || state === "off")) {
      throw new UnavailableError(`camera ${feed.id}: ${state} (${reason})`);
    }
    if (request.method === "HEAD") return { takeOver: (response) => response.writeHead(200, headers) };
    // No frame, no 200: a viewer is let in when the camera shows something, and told why when it does not.
    if (!feed.jpeg.latest) await this.#waiter.next(feed, request.signal);
    return {
      takeOver: (response) => {
        response.writeHead(200, headers);
        response.flushHeaders();
        this.#admit(feed, id, request.remoteAddress, wishes, response);
      },
    };
  }

  /** ustreamer's: tells a client which one it is in /state. It opens nothing; a page finds itself there by its `key`. */
  #formatCookie({ isEncrypted }: HttpRequest, value: string): string {
    const path = plainBasePath(this.#options.basePath) || "/";
    return `stream_client=${value}; Path=${path}; Max-Age=30; HttpOnly; SameSite=Lax${isEncrypted ? "; Secure" : ""}`;
  }

  #admit(feed: CameraFeed, id: string, address: string, wishes: ViewerWishes, response: ServerResponse): void {
    const { socket } = response;
    if (!socket || socket.destroyed) return;
    socket.setNoDelay(true);
    socket.setTimeout(0);
    const viewer = new Viewer(id, address, wishes, response, socket);
    const fanOut = this.#fanOut(feed);
    fanOut.add(viewer);
    socket.once("close", () => fanOut.remove(viewer));
  }

  #fanOut(feed: CameraFeed): FanOut {
    const present = this.#fanOuts.get(feed.id);
    if (present) return present;
    const { clock, log } = this.#options;
    const fanOut = new FanOut({
      feed,
      clock,
      onSent: (seconds) => this.#options.onSent(feed.id, seconds),
      onStuck: (viewer) => {
        log.info({ camera: feed.id, address: viewer.address }, "a viewer took nothing for 30 s: closed");
      },
    });
    this.#fanOuts.set(feed.id, fanOut);
    return fanOut;
  }

  #forget(cameraId: string): void {
    this.#fanOuts.get(cameraId)?.stop();
    this.#fanOuts.delete(cameraId);
  }
}

function toWishes({ query: values }: HttpRequest): ViewerWishes {
  return {
    fps: typeof values["fps"] === "number" ? values["fps"] : undefined,
    key: typeof values["key"] === "string" && values["key"] !== "" ? values["key"] : undefined,
    advanceHeaders: values["advance_headers"] === true,
    dualFinalFrames: values["dual_final_frames"] === true,
    extraHeaders: values["extra_headers"] === true,
    zeroData: values["zero_data"] === true,
  };
}

/** Facts of multipart clients: unquoted boundary without dashes in front, closed at the end, never cached. */
function streamHeaders(cookie: string): Record<string, string> {
  return {
    "Content-Type": `multipart/x-mixed-replace; boundary=${mjpegBoundary}`,
    "Cache-Control": "no-store, no-cache, must-revalidate, max-age=0",
    Pragma: "no-cache",
    Expires: "0",
    Connection: "close",
    "Set-Cookie": cookie,
  };
}
