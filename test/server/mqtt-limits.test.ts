import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import sharp from "sharp";
import { noisePicture } from "../support/big-pictures.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver } from "../support/mqtt-observer.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { ServiceRig } from "./mqtt-rig.ts";

const limit = 2_000_000;

describe("pictures of 4 MB", { ...needing("mosquitto"), timeout: 60_000 }, () => {
  let picture: Awaited<ReturnType<typeof noisePicture>>;
  before(async () => void (picture = await noisePicture(1920, 1440)));

  const brokers: readonly (readonly [what: string, lines: readonly string[], mostBytes: number])[] = [
    ["a broker that takes 2 MB", [`max_packet_size ${limit}`], limit],
    ["a broker that names no limit", [], 1_500_000],
  ];
  for (const [what, lines, mostBytes] of brokers) {
    it(`are scaled down for ${what}, and it never ends the connection`, async (t) => {
      assert.ok(picture.bytes.length > 4_000_000);
      const broker = await Mosquitto.start(() => lines);
      t.after(() => broker.stop());
      const observer = await MqttObserver.connect(broker.url, ["sightline/#", "answer"]);
      t.after(() => observer.end());
      const rig = await ServiceRig.start(t, broker.url);
      const show = (): void => {
        rig.front.state.set("live", "frames are coming");
        rig.front.show(picture.bytes, picture);
      };
      rig.front.jpeg.onDemand((demand) => demand > 0 && setImmediate(show));
      await observer.untilText("sightline/status", "online");
      const preview = await observer.until("sightline/front/image", (payload) => payload.length > 1_000);
      const { width } = await sharp(preview.payload).metadata();
      assert.ok(width <= 1280 && width > 300, String(width));
      assert.ok(preview.payload.length < mostBytes);

      const properties = { responseTopic: "answer", correlationData: Buffer.alloc(500) };
      await observer.say("sightline/front/snapshot/set", "PRESS", { properties });
      for (const topic of ["sightline/front/snapshot", "answer"]) {
        const { payload } = await observer.until(topic);
        assert.ok(payload.length < mostBytes && payload.length > mostBytes / 3, `${topic}: ${payload.length}`);
        assert.equal((await sharp(payload).metadata()).format, "jpeg");
      }
      assert.match(rig.log.with("scaled down")[0] ?? "", /^info: snapshot scaled down from 1920x1440, \d+ bytes to /);
      await until(() => rig.service.status.queued === 0, "everything");
      assert.equal(rig.service.status.connections, 1);
      assert.equal(rig.service.status.counts.oversize, 0);
      assert.doesNotMatch(broker.log(), /oversize/i);
    });
  }
});
