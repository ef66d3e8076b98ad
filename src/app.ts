import { CameraRoster } from "./camera-roster.ts";
import { jpegQuality } from "./camera-assembly.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import type { Service } from "./core/lifecycle.ts";
import type { Log } from "./core/log.ts";
import { CameraRegistry } from "./hub/camera-registry.ts";
import { createApiRoutes } from "./outputs/api/api-routes.ts";
import { resolveAlias, routeAliases } from "./outputs/http/aliases.ts";
import { createHttpServer, type HttpServer } from "./outputs/http/http-server.ts";
import { MjpegOutput } from "./outputs/mjpeg/mjpeg-output.ts";
import { createSnapshotRoutes } from "./outputs/snapshot/snapshot-routes.ts";
import { SendLatency } from "./outputs/status/send-latency.ts";
import { createStatusRoutes } from "./outputs/status/status-routes.ts";
import type { HttpRoute } from "./protocol/http/route.ts";

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** package.json's. */
  readonly version: string;
  /** Directory of the built web page. */
  readonly webDirectory: string;
}

/** The whole program but for argv and signals. */
export interface App extends Service {
  /** The port the HTTP server listens on. */
  port(): number;
}

/** Builds everything; `start` opens the doors, then the cameras; `stop` ends them in reverse. */
export function createApp(options: AppOptions): App {
  const { config, clock, log } = options;
  const registry = new CameraRegistry();
  const roster = new CameraRoster(config.cameras, registry, { clock, log });
  const latency = new SendLatency();
  const mjpeg = new MjpegOutput({
    registry,
    clock,
    log,
    onSent: (cameraId, seconds) => latency.observe(cameraId, seconds),
  });
  const http = createHttp(options, { registry, roster, latency, mjpeg });
  return {
    port: () => http.port(),
    async start() {
      await roster.prepare();
      await http.start();
      await roster.start();
    },
    async stop() {
      await roster.stop();
      mjpeg.stop();
      await http.stop();
    },
  };
}

interface AppParts {
  readonly registry: CameraRegistry;
  readonly roster: CameraRoster;
  readonly latency: SendLatency;
  readonly mjpeg: MjpegOutput;
}

function createHttp({ config, clock, log, version, webDirectory }: AppOptions, parts: AppParts): HttpServer {
  const { registry, roster, latency, mjpeg } = parts;
  const { host, port, limits } = config.server;
  const shared = { registry, viewers: mjpeg, clock, version };
  const routes: readonly HttpRoute[] = [
    ...mjpeg.routes(),
    ...createSnapshotRoutes({ registry, clock }),
    ...createApiRoutes({
      ...shared,
      controls: (id) => roster.controls(id),
      formats: (id) => roster.formats(id),
      routes: () => http.routes(),
      aliases: routeAliases,
    }),
    ...createStatusRoutes({ ...shared, http: () => http.stats, latency, jpegQuality }),
  ];
  const http = createHttpServer({
    host,
    port,
    limits,
    routes,
    resolveAlias: (path, query) => resolveAlias(registry, path, query),
    staticFiles: webDirectory,
    clock,
    log,
  });
  return http;
}
