import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Picture, PictureBounds } from "../../../../src/announce/mqtt/ports.ts";
import { Snapshots } from "../../../../src/announce/mqtt/snapshots.ts";
import { FrameWaiter } from "../../../../src/hub/frame-waiter.ts";
import type { StreamStateName } from "../../../../src/hub/stream-state.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { ClockedCamera, FakePublisher, RecordingLog } from "./mqtt-fakes.ts";

const topic = "sightline/front/snapshot";
const correlationData = Buffer.from([1, 2, 3]);
const never = new AbortController().signal;

class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly log = new RecordingLog();
  readonly camera: ClockedCamera;
  readonly snapshots: Snapshots;
  readonly taken: string[] = [];
  readonly bounds: PictureBounds[] = [];
  fit: (picture: Picture) => Promise<Picture> = (picture) => Promise.resolve(picture);

  constructor(state: StreamStateName = "live") {
    this.camera = new ClockedCamera("front", this.clock, state);
    this.snapshots = new Snapshots({
      feed: this.camera,
      topic,
      publisher: this.publisher,
      waiter: new FrameWaiter(this.clock, {}, "brief"),
      fit: (picture, bounds) => {
        this.bounds.push(bounds);
        return this.fit(picture);
      },
      log: this.log,
      onTaken: async (frame) => {
        this.taken.push(frame.bytes.toString());
        await Promise.resolve();
      },
    });
  }
}

describe("snapshots", () => {
  it("are the next picture, published and told on", async () => {
    const rig = new Rig();
    const done = rig.snapshots.take({}, never);
    assert.equal(rig.camera.jpeg.demandOf("brief"), 1);
    rig.camera.show("now");
    await done;
    assert.deepEqual(rig.publisher.take(), [
      { topic, payload: Buffer.from("now"), qos: 0, retain: false, contentType: "image/jpeg" },
    ]);
    assert.deepEqual(rig.taken, ["now"]);
    assert.equal(rig.camera.jpeg.demand, 0);
    assert.deepEqual(rig.log.lines, []);
  });

  it("are returned to whoever said where", async () => {
    const rig = new Rig();
    const done = rig.snapshots.take({ responseTopic: "my/answer", correlationData }, never);
    rig.camera.show("now");
    await done;
    const [, answer] = rig.publisher.take();
    assert.deepEqual(answer, {
      topic: "my/answer",
      payload: Buffer.from("now"),
      contentType: "image/jpeg",
      qos: 1,
      retain: false,
      isEvent: true,
      correlationData,
    });
  });

  it("say why there is none, in the log and to whoever asked", async () => {
    const rig = new Rig("off");
    await rig.snapshots.take({ responseTopic: "my/answer", correlationData }, never);
    const error = "camera front: off (as told)";
    assert.deepEqual(rig.publisher.take(), [
      {
        topic: "my/answer",
        payload: JSON.stringify({ error }),
        contentType: "application/json",
        qos: 1,
        retain: false,
        isEvent: true,
        correlationData,
      },
    ]);
    assert.deepEqual(rig.log.lines, [`warn: no snapshot by MQTT: ${error}`]);
    await rig.snapshots.take({}, never);
    assert.deepEqual(rig.publisher.take(), []);
  });

  it("end in silence when nobody listens any more", async () => {
    const rig = new Rig();
    const end = new AbortController();
    const done = rig.snapshots.take({ responseTopic: "my/answer" }, end.signal);
    end.abort(new Error("stopping"));
    await done;
    assert.deepEqual(rig.publisher.take(), []);
    assert.deepEqual(rig.log.lines, []);
    assert.equal(rig.camera.jpeg.demand, 0);
  });

  it("are scaled down where they are too long, which is logged", async () => {
    const rig = new Rig();
    rig.publisher.maxBytes = 1_000;
    rig.fit = () => Promise.resolve({ bytes: Buffer.from("small"), width: 320, height: 240 });
    const done = rig.snapshots.take({}, never);
    rig.camera.show("x".repeat(2_000));
    await done;
    assert.equal(rig.publisher.on(topic)[0], "small");
    const [line = ""] = rig.log.lines;
    assert.match(line, /^info: snapshot scaled down from 640x480, 2000 bytes to 320x240: the broker takes \d+ bytes/);
  });

  it("leave room for what goes with the picture", async () => {
    const rig = new Rig();
    rig.publisher.maxBytes = 1_000;
    const done = rig.snapshots.take({ responseTopic: "my/answer", correlationData: Buffer.alloc(100) }, never);
    rig.camera.show("now");
    await done;
    assert.deepEqual(
      rig.bounds.map(({ maxBytes }) => maxBytes),
      [1_000 - "image/jpeg".length, 1_000 - "image/jpeg".length - 100],
    );
  });

  it("are not made when the connection has ended meanwhile", async () => {
    const rig = new Rig();
    rig.publisher.maxBytes = 0;
    rig.fit = () => assert.fail("nobody gets it");
    const done = rig.snapshots.take({}, never);
    rig.camera.show("now");
    await done;
    assert.deepEqual(rig.log.lines, ["warn: no snapshot by MQTT: the connection to the broker has ended"]);
  });

  it("come again for somebody who was not there", async () => {
    const rig = new Rig();
    rig.snapshots.repeat();
    assert.deepEqual(rig.publisher.take(), []);
    const done = rig.snapshots.take({}, never);
    rig.camera.show("now");
    await done;
    rig.publisher.take();
    rig.snapshots.repeat();
    assert.deepEqual(rig.publisher.on(topic), ["now"]);
  });

  it("are history once the camera is switched off", async () => {
    const rig = new Rig();
    const done = rig.snapshots.take({}, never);
    rig.camera.show("secret");
    await done;
    rig.publisher.take();
    rig.camera.state.set("off", "switched off");
    rig.snapshots.repeat();
    assert.deepEqual(rig.publisher.take(), []);
    rig.snapshots.forget();
    rig.camera.state.set("live", "on again");
    rig.snapshots.repeat();
    assert.deepEqual(rig.publisher.take(), []);
  });

  it("are not published when the camera is switched off while they are made smaller", async () => {
    const rig = new Rig();
    let finish = (): void => {};
    rig.fit = (picture) => new Promise((resolve) => (finish = () => resolve(picture)));
    const done = rig.snapshots.take({ responseTopic: "my/answer" }, never);
    rig.camera.show("secret");
    await settle();
    rig.camera.state.set("off", "switched off by MQTT");
    rig.snapshots.forget();
    finish();
    await settle();
    finish();
    await done;
    const error = "camera front: off (switched off by MQTT)";
    assert.deepEqual(
      rig.publisher.take().map(({ payload }) => payload.toString()),
      [JSON.stringify({ error })],
    );
    rig.camera.state.set("live", "on again");
    rig.snapshots.repeat();
    assert.deepEqual(rig.publisher.take(), []);
    assert.deepEqual(rig.taken, []);
  });
});
