import { EventEmitter, once } from "node:events";
import { systemClock } from "../../src/core/clock.ts";
import { createSnapshotRoutes } from "../../src/outputs/snapshot/snapshot-routes.ts";
import { serveMjpeg } from "../support/mjpeg-server.ts";
import { describeOutputContract } from "./output-contract.ts";

describeOutputContract({
  name: "snapshot",
  isStream: false,
  async start(camera) {
    const arrivals = new EventEmitter();
    const served = await serveMjpeg([camera], (registry) =>
      createSnapshotRoutes({ registry, clock: systemClock }).map((route) => ({
        ...route,
        handle: (request) => {
          const reply = route.handle(request); // asks for the next picture before it returns
          arrivals.emit("asked");
          return reply;
        },
      })),
    );
    const url = `http://127.0.0.1:${served.port}/cameras/${camera.id}/snapshot.jpg?max_age=0`;
    return {
      async connect() {
        const gone = new AbortController();
        const asked = once(arrivals, "asked");
        const answer = fetch(url, { signal: gone.signal });
        answer.catch(() => undefined);
        await asked;
        return {
          picture: async () => Buffer.from(await (await answer).arrayBuffer()),
          close: () => gone.abort(),
        };
      },
      stop: served.stop,
    };
  },
});
