import type { Registry } from "prom-client";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import type { StreamStateName } from "../../hub/stream-state.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import type { Caller, HttpReply, HttpRoute } from "../../protocol/http/route.ts";
import { createMetrics, type MetricsSources } from "./metrics.ts";
import { describeUstreamerState } from "./ustreamer-state.ts";

/** What {@link createStatusRoutes} needs. */
export interface StatusOptions extends MetricsSources {
  /** Quality of the JPEG encoder for raw cameras, 1 to 100: ustreamer's `/state` shows it. */
  readonly jpegQuality: number;
}

/** States in which a camera does what it is meant to do. */
const WELL: ReadonlySet<StreamStateName> = new Set(["live", "idle", "off"]);

const text = { type: "string" } as const;

/** `/healthz`, `/readyz`, `/metrics` and ustreamer's `/state`. All have reserved room. */
export function createStatusRoutes(options: StatusOptions): readonly HttpRoute[] {
  let metrics: Promise<Registry> | undefined;
  const doors: HttpRoute[] = [
    {
      method: "GET",
      path: "/healthz",
      access: "open",
      summary: "Whether the process works, whatever the cameras do",
      response: { type: "text/plain" },
      handle: () => ({ headers: NO_STORE, body: "ok\n" }),
    },
    {
      method: "GET",
      path: "/readyz",
      access: "open",
      summary: "Whether every camera is live, idle or off; else 503. To who is known, with id, state and reason",
      response: { type: "application/json", schema: readySchema },
      problems: [503],
      handle: ({ caller }) => (caller ? answerReady(seenBy(options.registry, caller)) : sayReady(options.registry)),
    },
    {
      method: "GET",
      path: "/metrics",
      access: "view",
      summary: "Prometheus metrics",
      response: { type: "text/plain" },
      handle: async ({ caller }) => {
        if (caller?.cameras)
          throw new HttpProblem(403, "metrics tell of every camera: this needs the right to see all");
        const registry = await (metrics ??= createMetrics(options));
        return { headers: { ...NO_STORE, "Content-Type": registry.contentType }, body: await registry.metrics() };
      },
    },
    {
      method: "GET",
      path: "/state",
      access: "view",
      summary: "The first camera's state as ustreamer tells it",
      response: { type: "application/json", schema: { type: "object" } },
      handle: ({ caller }) => {
        const [first] = seenBy(options.registry, caller);
        return { headers: NO_STORE, body: describeUstreamerState(first, options.viewers, options.jpegQuality) };
      },
    },
  ];
  return doors.map((door) => ({ ...door, room: "reserved" }));
}

const NO_STORE = { "Cache-Control": "no-store" };

const readySchema = {
  type: "object",
  properties: {
    cameras: { type: "array", items: { type: "object", properties: { id: text, state: text, reason: text } } },
  },
  required: ["cameras"],
};

function seenBy(registry: CameraRegistry, caller: Caller | undefined): readonly CameraFeed[] {
  return registry.list().filter(({ id }) => caller?.cameras?.includes(id) ?? true);
}

/** All that somebody learns who is not known. */
function sayReady(registry: CameraRegistry): HttpReply {
  const isReady = registry.list().every(({ state }) => WELL.has(state.status.state));
  const headers = { ...NO_STORE, "Content-Type": "text/plain; charset=utf-8" };
  if (isReady) return { headers, body: "ready\n" };
  return { status: 503, headers: { ...headers, "Retry-After": "5" }, body: "not ready\n" };
}

function answerReady(feeds: readonly CameraFeed[]): HttpReply {
  const cameras = feeds.map(({ id, state: { status } }) => ({
    id,
    state: status.state,
    reason: status.reason,
  }));
  const unwell = cameras.filter(({ state }) => !WELL.has(state));
  if (unwell.length === 0) return { headers: NO_STORE, body: { cameras } };
  const detail = unwell.map(({ id, state, reason }) => `camera ${id} is ${state}: ${reason}`).join("; ");
  throw new HttpProblem(503, detail, { members: { cameras: unwell }, headers: { "Retry-After": "5" } });
}
