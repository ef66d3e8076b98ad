import { readInheritedSockets } from "../../src/config/inherited-sockets.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { openGuard } from "../../src/outputs/http/guard-port.ts";
import { createHttpServer } from "../../src/outputs/http/http-server.ts";

/** Serves `/echo` on the sockets that it was started with, until SIGTERM. */
const { sockets: inherited } = readInheritedSockets(process.env, process.pid);
const server = createHttpServer({
  host: "127.0.0.1",
  port: 0,
  inherited,
  limits: { connections: 10, perAddress: 1, reserved: 2, requestsPerSecond: 2 },
  routes: [
    {
      method: "GET",
      path: "/echo",
      access: "view",
      summary: "Tells what it was asked",
      response: { type: "application/json" },
      handle: ({ isEncrypted, remoteAddress }) => ({ body: { isEncrypted, remoteAddress, port: server.port() } }),
    },
  ],
  guard: openGuard,
  clock: systemClock,
  log: silentLog,
});
await server.start();
process.once("SIGTERM", () => void server.stop());
