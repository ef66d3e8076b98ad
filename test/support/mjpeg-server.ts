import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import type { CameraFeed } from "../../src/hub/camera-feed.ts";
import { CameraRegistry } from "../../src/hub/camera-registry.ts";
import { resolveAlias } from "../../src/outputs/http/aliases.ts";
import { openGuard } from "../../src/outputs/http/guard-port.ts";
import { createHttpServer } from "../../src/outputs/http/http-server.ts";
import { MjpegOutput } from "../../src/outputs/mjpeg/mjpeg-output.ts";
import type { HttpServerOptions } from "../../src/outputs/http/http-options.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";

/** A running HTTP server with the MJPEG output, and `more` doors, for the given cameras; `options` win. */
export async function serveMjpeg(
  feeds: readonly CameraFeed[],
  more: (registry: CameraRegistry) => readonly HttpRoute[] = () => [],
  options: Partial<HttpServerOptions> = {},
) {
  const registry = new CameraRegistry();
  for (const feed of feeds) registry.add(feed);
  const sent: number[] = [];
  const mjpeg = new MjpegOutput({
    registry,
    basePath: options.basePath ?? "/",
    clock: systemClock,
    log: silentLog,
    onSent: (_id, seconds) => void sent.push(seconds),
  });
  const server = createHttpServer({
    host: "127.0.0.1",
    port: 0,
    limits: { connections: 1024, perAddress: 256, reserved: 16 },
    routes: [...mjpeg.routes(), ...more(registry)],
    resolveAlias: (path, query, maySee) => resolveAlias(registry, path, query, maySee),
    guard: openGuard,
    timeouts: { graceMs: 100 },
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  await server.start();
  const stop = async (): Promise<void> => {
    mjpeg.stop();
    await server.stop();
  };
  return { registry, mjpeg, server, port: server.port(), sent, stop };
}
