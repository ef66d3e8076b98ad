import type { Clock } from "../../core/clock.ts";
import { ConfigError, DeviceError } from "../../core/errors.ts";
import type { ControlsPort } from "../../hub/camera-controls.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import type { CameraRegistry } from "../../hub/camera-registry.ts";
import type { CameraSwitch } from "../../hub/camera-switch.ts";
import type { HttpReply, HttpRequest, HttpRoute, RouteAlias } from "../../protocol/http/route.ts";
import {
  cameraChangeSchema,
  cameraDetailSchema,
  cameraListSchema,
  cameraSchema,
  controlListSchema,
  controlValuesSchema,
} from "./api-schemas.ts";
import { describeCamera, type FormatsPort, type OfferedFormat } from "./camera-view.ts";
import { invalidControls, readControlValues } from "./control-values.ts";
import { HttpProblem } from "../../protocol/http/problem.ts";
import { describeApi } from "./openapi.ts";
import type { ViewersPort } from "../../hub/viewers-port.ts";

/** What {@link createApiRoutes} needs. */
export interface ApiOptions {
  readonly registry: CameraRegistry;
  readonly viewers: ViewersPort;
  readonly switches: CameraSwitch;
  /** The controls of a camera; undefined for one that has none. */
  readonly controls: (cameraId: string) => ControlsPort | undefined;
  /** Absent: nobody knows what cameras can do. */
  readonly formats?: FormatsPort;
  /** Every door there is, asked for when the OpenAPI document is. */
  readonly routes: () => readonly HttpRoute[];
  readonly aliases: readonly RouteAlias[];
  /** `server.basePath`. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly version: string;
}

/** The JSON doors under `/api`. All have reserved room. */
export function createApiRoutes(options: ApiOptions): readonly HttpRoute[] {
  return [...cameraRoutes(options), ...controlRoutes(options), openApiRoute(options)].map((route) => ({
    ...route,
    room: "reserved",
  }));
}

function cameraRoutes(options: ApiOptions): HttpRoute[] {
  const { registry, formats, switches } = options;
  const describe = (feed: CameraFeed) => describeCamera(feed, options);
  return [
    {
      method: "GET",
      path: "/api/cameras",
      access: "known",
      summary: "All cameras that the caller may see, with their state",
      response: { type: "application/json", schema: cameraListSchema },
      handle: ({ caller }) => {
        const seen = registry.list().filter(({ id }) => caller?.cameras?.includes(id) ?? true);
        return json({ cameras: seen.map(describe) });
      },
    },
    {
      method: "GET",
      path: "/api/cameras/:id",
      access: "view",
      summary: "One camera with its state and what it can do",
      response: { type: "application/json", schema: cameraDetailSchema },
      problems: [404],
      handle: async (request) => {
        const feed = findCamera(registry, request);
        const offered = (await askFormats(formats, feed.id)) ?? null;
        return json({ ...describe(feed), formats: offered });
      },
    },
    {
      method: "PATCH",
      path: "/api/cameras/:id",
      access: "control",
      summary: "Switches a camera off (it is closed, and nobody is shown anything) or on again",
      requestSchema: cameraChangeSchema,
      response: { type: "application/json", schema: cameraSchema },
      problems: [400, 404, 408, 413, 415],
      handle: async (request) => {
        const feed = findCamera(registry, request);
        switches.turn(feed.id, readEnabled(await request.json()), "in the API");
        return json(describe(feed));
      },
    },
    {
      method: "POST",
      path: "/api/cameras/:id/restart",
      access: "control",
      summary: "Closes a camera and opens it again",
      response: { type: "application/json", schema: cameraSchema },
      requestSchema: { type: "object" },
      problems: [400, 404, 408, 413, 415],
      handle: async (request) => {
        const feed = findCamera(registry, request);
        // Asked for as JSON, if only {}: another site's page cannot send that without asking first.
        await request.json();
        switches.restart(feed.id);
        return json(describe(feed));
      },
    },
  ];
}

function controlRoutes({ registry, controls }: ApiOptions): HttpRoute[] {
  const path = "/api/cameras/:id/controls";
  const response = { type: "application/json", schema: controlListSchema };
  return [
    {
      method: "GET",
      path,
      access: "view",
      summary: "The controls of a camera; an empty list where it has none",
      response,
      problems: [404, 503],
      handle: async (request) => {
        const port = controls(findCamera(registry, request).id);
        return json({ controls: port ? await port.list() : [] });
      },
    },
    {
      method: "PATCH",
      path,
      access: "control",
      summary: "Sets controls by name, all or none, and answers with what the camera then says",
      requestSchema: controlValuesSchema,
      response,
      problems: [400, 404, 408, 413, 415, 422, 503],
      handle: async (request) => {
        const feed = findCamera(registry, request);
        const values = readControlValues(await request.json());
        const port = controls(feed.id);
        if (!port) throw invalidControls(Object.entries(values).map(([key, value]) => ({ key, value, allowed: NONE })));
        try {
          return json({ controls: await port.set(values) });
        } catch (error) {
          if (error instanceof ConfigError) throw invalidControls(error.problems);
          throw error;
        }
      },
    },
  ];
}

const NONE = "cannot be set: this camera has no controls";

function openApiRoute({ routes, aliases, version }: ApiOptions): HttpRoute {
  return {
    method: "GET",
    path: "/api/openapi.json",
    access: "known",
    summary: "This description (OpenAPI 3.1)",
    response: { type: "application/json", schema: { type: "object" } },
    handle: () => json(describeApi(routes(), aliases, version)),
  };
}

function readEnabled(body: unknown): boolean {
  const { enabled, ...others } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof enabled !== "boolean" || Object.keys(others).length > 0) {
    throw new HttpProblem(400, 'the body must be {"enabled": true} or {"enabled": false}');
  }
  return enabled;
}

function findCamera(registry: CameraRegistry, request: HttpRequest): CameraFeed {
  return registry.find(request.params["id"] ?? "");
}

/** A camera that cannot be asked now still has a state to show. */
async function askFormats(formats: FormatsPort | undefined, id: string): Promise<readonly OfferedFormat[] | undefined> {
  try {
    return await formats?.(id);
  } catch (error) {
    if (error instanceof DeviceError) return undefined;
    throw error;
  }
}

function json(body: object): HttpReply {
  return { headers: { "Cache-Control": "no-store" }, body };
}
