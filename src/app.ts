import { Access } from "./access/access.ts";
import type { CameraPorts } from "./announce/mqtt/ports.ts";
import { placeOf, reachableUrl, type WebPlace } from "./announce/reachable-url.ts";
import { Announcements } from "./announcements.ts";
import { jpegQuality } from "./camera-assembly.ts";
import { CameraRoster } from "./camera-roster.ts";
import { CameraSwitches } from "./camera-switches.ts";
import type { InheritedSockets } from "./config/inherited-sockets.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import type { Service } from "./core/lifecycle.ts";
import type { Log } from "./core/log.ts";
import { CameraRegistry } from "./hub/camera-registry.ts";
import { createAccessRoutes } from "./outputs/access/access-routes.ts";
import { createApiRoutes } from "./outputs/api/api-routes.ts";
import { resolveAlias, routeAliases } from "./outputs/http/aliases.ts";
import { createHttpServer, type HttpServer } from "./outputs/http/http-server.ts";
import { MjpegOutput } from "./outputs/mjpeg/mjpeg-output.ts";
import { createMqttRoutes } from "./outputs/api/mqtt-routes.ts";
import { createSnapshotRoutes } from "./outputs/snapshot/snapshot-routes.ts";
import { SendLatency } from "./outputs/status/send-latency.ts";
import { createStatusRoutes } from "./outputs/status/status-routes.ts";
import type { HttpRoute } from "./protocol/http/route.ts";
import { StateFile } from "./store/state-file.ts";

export interface AppOptions {
  readonly config: Config;
  /** Sockets that we were started with. */
  readonly inherited?: InheritedSockets;
  readonly clock: Clock;
  readonly log: Log;
  /** package.json's. */
  readonly version: string;
  /** Directory of the built web page. */
  readonly webDirectory: string;
}

/** The whole program but for argv and signals. */
export interface App extends Service {
  /** The port the HTTP server listens on; 0 where that is a Unix socket. */
  port(): number;
  /** Where it can be found; complete after `start`. */
  place(): WebPlace;
  /** The token of a login link, while the first admin has no password of their own. */
  invite(): Promise<string | undefined>;
  /** What is open, door by door; complete after `start`. The test of who may come in reads it. */
  doors(): readonly { readonly method: string; readonly path: string }[];
}

/**
 * Builds everything; `start` opens the doors, then announces, then lets the cameras run. `stop` says good-bye first, so that
 * nobody takes closing cameras for switched-off ones, and ends the rest in reverse.
 */
export function createApp(options: AppOptions): App {
  const { config, clock, log } = options;
  const store = new StateFile({ directory: config.dataDir, clock, log });
  const access = new Access({
    auth: config.auth,
    directory: config.dataDir,
    basePath: config.server.basePath,
    clock,
    log,
    store,
  });
  const registry = new CameraRegistry();
  const switches = new CameraSwitches(store, log);
  const roster = new CameraRoster(config.cameras, registry, { clock, log, store, switches });
  const latency = new SendLatency();
  const mjpeg = new MjpegOutput({
    registry,
    basePath: config.server.basePath,
    clock,
    log,
    onSent: (cameraId, seconds) => latency.observe(cameraId, seconds),
  });
  const announcements = new Announcements({
    ...options,
    store,
    port: () => http.port(),
    ports: createCameraPorts(config, { registry, roster, switches, viewers: mjpeg }, () => findPlace()),
  });
  const http = createHttp(options, { access, registry, roster, switches, latency, mjpeg, announcements });
  const findPlace = (): WebPlace => {
    const ports = { port: http.port(), httpsPort: http.httpsPort() };
    return placeOf(config.server, ports, announcements.mdnsName);
  };
  return {
    port: () => http.port(),
    place: findPlace,
    invite: () => access.invite(),
    doors: () => http.doors(),
    async start() {
      await store.start();
      await access.start();
      await roster.prepare();
      await http.start();
      // Who announces must know the cameras, also those that are found by themselves: one that is not known looks removed.
      await roster.look();
      await announcements.start();
      await roster.start();
    },
    async stop() {
      // What was set last is safe before anything can take its time.
      void store.flush();
      await announcements.stop();
      await roster.stop();
      mjpeg.stop();
      await http.stop();
      await access.stop();
      await store.stop();
    },
  };
}

/** What those who announce the cameras may ask and do. */
export function createCameraPorts(
  config: Config,
  {
    registry,
    roster,
    switches,
    viewers,
  }: Pick<AppParts, "registry" | "roster" | "switches"> & Pick<CameraPorts, "viewers">,
  place: () => WebPlace,
): CameraPorts {
  return {
    registry,
    switches,
    viewers,
    controls: (id) => roster.controls(id),
    // Loaded when the first picture does not fit.
    fit: async (picture, bounds) => (await import("./transcode/fit-jpeg.ts")).fitJpeg(picture, bounds),
    hasMotion: (id) => (config.cameras.find((camera) => camera.id === id)?.motion ?? config.motion).enabled,
    keepsAbsent: config.cameras.length === 0,
    url: () => reachableUrl(place()),
  };
}

interface AppParts {
  readonly access: Access;
  readonly registry: CameraRegistry;
  readonly roster: CameraRoster;
  readonly switches: CameraSwitches;
  readonly latency: SendLatency;
  readonly mjpeg: MjpegOutput;
  readonly announcements: Announcements;
}

function createHttp(options: AppOptions, parts: AppParts): HttpServer {
  const { config, clock, version } = options;
  const { access, registry, roster, switches, latency, mjpeg, announcements } = parts;
  const { basePath } = config.server;
  const shared = { registry, viewers: mjpeg, clock, version };
  const routes: readonly HttpRoute[] = [
    ...mjpeg.routes(),
    ...createSnapshotRoutes({ registry, clock }),
    ...createApiRoutes({
      ...shared,
      basePath,
      switches,
      controls: (id) => roster.controls(id),
      formats: (id) => roster.formats(id),
      routes: () => http.routes(),
      aliases: routeAliases,
    }),
    ...createAccessRoutes({ access, basePath, clock }),
    ...createMqttRoutes(() => announcements.mqttStatus),
    ...createStatusRoutes({
      ...shared,
      http: () => http.stats,
      mqtt: () => announcements.mqttStatus,
      latency,
      jpegQuality,
    }),
  ];
  const http = createHttpServer({
    ...httpOptions(options),
    guard: access.gatekeeper,
    routes,
    resolveAlias: (path, query, maySee) => resolveAlias(registry, path, query, maySee),
  });
  return http;
}

/** `server` of the configuration as the server takes it. */
function httpOptions({ config, inherited, clock, log, webDirectory }: AppOptions) {
  const { https, ...server } = config.server;
  const { cert, key } = https;
  return {
    ...server,
    ...(inherited && { inherited }),
    ...(cert !== undefined && key !== undefined && { https: { ...https, cert, key } }),
    staticFiles: webDirectory,
    clock,
    log,
  };
}
