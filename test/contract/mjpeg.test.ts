import { connect } from "node:net";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { serveMjpeg } from "../support/mjpeg-server.ts";
import { describeOutputContract } from "./output-contract.ts";

describeOutputContract({
  name: "MJPEG",
  isStream: true,
  async start(camera) {
    const served = await serveMjpeg([camera]);
    return {
      async connect() {
        const client = await watchMjpeg(served.port, "/stream");
        await client.next(); // the newest frame, sent on joining
        let last: Buffer | undefined;
        return {
          async picture() {
            // A quiet stream repeats its last picture: not what "the next one" means here.
            for (;;) {
              const { body } = await client.next();
              const known = camera.jpeg.latest?.bytes;
              if (body !== last && (known === undefined || body.equals(known))) return (last = body);
            }
          },
          close: () => client.close(),
        };
      },
      async connectStalled() {
        const socket = connect(served.port, "127.0.0.1");
        socket.pause();
        socket.write("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        while (served.mjpeg.viewers(camera.id) === 0) await new Promise((resolve) => setImmediate(resolve));
        return socket;
      },
      stop: served.stop,
    };
  },
});
