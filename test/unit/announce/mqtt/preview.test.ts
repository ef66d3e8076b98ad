import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OneAtATime } from "../../../../src/announce/mqtt/one-at-a-time.ts";
import { Preview } from "../../../../src/announce/mqtt/preview.ts";
import type { PictureBounds, Picture } from "../../../../src/announce/mqtt/ports.ts";
import type { StreamStateName } from "../../../../src/hub/stream-state.ts";
import { FrameWaiter } from "../../../../src/hub/frame-waiter.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { ClockedCamera, FakePublisher, RecordingLog } from "./mqtt-fakes.ts";

const topic = "sightline/front/image";
const usual = { intervalSeconds: 2, idleSeconds: 60, maxWidth: 1280, retain: false };

class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly log = new RecordingLog();
  readonly camera: ClockedCamera;
  readonly preview: Preview;
  readonly bounds: PictureBounds[] = [];
  /** What `fit` answers; as it is unless a test says otherwise. */
  fit: (picture: Picture) => Promise<Picture> = (picture) => Promise.resolve(picture);

  constructor(settings: Partial<typeof usual> = {}, state: StreamStateName = "idle", turns = new OneAtATime()) {
    this.camera = new ClockedCamera("front", this.clock, state);
    this.preview = new Preview({
      feed: this.camera,
      topic,
      settings: { ...usual, ...settings },
      publisher: this.publisher,
      waiter: new FrameWaiter(this.clock, {}, "brief"),
      turns,
      fit: (picture, bounds) => {
        this.bounds.push(bounds);
        return this.fit(picture);
      },
      clock: this.clock,
      log: this.log,
    });
  }

  /** The pictures since this was last asked. */
  take(): readonly string[] {
    return this.publisher.take().map(({ payload }) => payload.toString());
  }

  /** A running camera: a picture every 100 ms for `ms`. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.camera.show(`at ${passed}`);
      await this.clock.advance(100);
    }
  }
}

describe("preview of a running camera", () => {
  it("is one picture at once, then at most one every interval", async () => {
    const rig = new Rig({}, "live");
    rig.preview.start();
    await rig.run(8_050);
    const pictures = rig.take();
    assert.ok(pictures.length >= 4 && pictures.length <= 5, pictures.join(", "));
    assert.equal(new Set(pictures).size, pictures.length);
  });

  it("wants the camera briefly, and only for the moment", async () => {
    const rig = new Rig({}, "live");
    rig.preview.start();
    assert.equal(rig.camera.jpeg.demandOf("brief"), 1);
    assert.equal(rig.camera.jpeg.demandOf("viewer"), 0);
    rig.camera.show();
    await settle();
    assert.equal(rig.camera.jpeg.demand, 0);
    rig.preview.stop();
  });

  it("is not the same picture twice", async () => {
    const rig = new Rig({}, "live");
    rig.preview.start();
    const frame = rig.camera.show();
    await settle();
    await rig.clock.advance(2_000);
    rig.camera.jpeg.publish(frame);
    await settle();
    assert.equal(rig.take().length, 1);
  });

  it("is made as wide and as long as it may be", async () => {
    const rig = new Rig({ maxWidth: 640 }, "live");
    rig.publisher.maxBytes = 12_345;
    rig.fit = () => Promise.resolve({ bytes: Buffer.from("small"), width: 640, height: 360 });
    rig.preview.start();
    rig.camera.show();
    await settle();
    assert.deepEqual(rig.bounds, [{ maxWidth: 640, maxBytes: 12_345 }]);
    assert.deepEqual(rig.publisher.take(), [{ topic, payload: Buffer.from("small"), qos: 0, retain: false }]);
  });

  it("is kept by the broker for a day where that is wanted", async () => {
    const rig = new Rig({ retain: true }, "live");
    rig.preview.start();
    rig.camera.show("p");
    await settle();
    assert.deepEqual(rig.publisher.take(), [
      { topic, payload: Buffer.from("p"), qos: 0, retain: true, expirySeconds: 86_400 },
    ]);
  });

  it("says once why there is none", async () => {
    const rig = new Rig({}, "live");
    rig.fit = () => Promise.reject(new Error("JPEG: cannot be decoded"));
    rig.preview.start();
    await rig.run(6_050);
    assert.deepEqual(rig.log.lines, ["warn: no preview by MQTT: JPEG: cannot be decoded"]);
    rig.fit = (picture) => Promise.resolve(picture);
    await rig.run(4_000);
    rig.fit = () => Promise.reject(new Error("JPEG: cannot be decoded"));
    await rig.run(4_000);
    assert.equal(rig.log.lines.length, 2, "it worked in between");
  });
});

describe("preview of an idle camera", () => {
  it("is taken at once, then every idleSeconds, and the camera is let go each time", async () => {
    const rig = new Rig({ idleSeconds: 60 });
    rig.camera.serveOnDemand();
    rig.preview.start();
    await settle();
    assert.deepEqual(rig.take(), ["picture 1"]);
    assert.equal(rig.camera.state.status.state, "idle");
    await rig.clock.advance(59_000);
    assert.deepEqual(rig.take(), []);
    await rig.clock.advance(3_000);
    assert.deepEqual(rig.take(), ["picture 2"]);
    await rig.clock.advance(600_000);
    const { length } = rig.take();
    assert.ok(length >= 9 && length <= 10, String(length));
    assert.equal(rig.camera.jpeg.demand, 0);
  });

  it("is taken at once and on request only, with idleSeconds 0", async () => {
    const rig = new Rig({ idleSeconds: 0 });
    rig.camera.serveOnDemand();
    rig.preview.start();
    await rig.clock.advance(3_600_000);
    assert.deepEqual(rig.take(), ["picture 1"]);
    rig.preview.refresh();
    await settle();
    assert.deepEqual(rig.take(), ["picture 2"]);
  });

  it("is sent again while it is young, without waking the camera", async () => {
    const rig = new Rig();
    rig.camera.serveOnDemand();
    rig.preview.start();
    await rig.clock.advance(30_000);
    rig.take();
    rig.preview.refresh();
    await settle();
    assert.deepEqual(rig.take(), ["picture 1"]);
  });

  it("waits until no other idle camera is started", async () => {
    const turns = new OneAtATime();
    let end = (): void => {};
    void turns.run(() => new Promise<void>((resolve) => (end = resolve)));
    const rig = new Rig({}, "idle", turns);
    rig.camera.serveOnDemand();
    rig.preview.start();
    await settle();
    assert.equal(rig.camera.jpeg.demand, 0);
    end();
    await settle();
    assert.deepEqual(rig.take(), ["picture 1"]);
  });

  it("asks nothing of a camera that is lost", async () => {
    const rig = new Rig({}, "lost");
    rig.camera.jpeg.onDemand(() => assert.fail("it was wanted"));
    rig.preview.start();
    await rig.clock.advance(120_000);
    assert.deepEqual(rig.take(), []);
  });

  it("gives up a camera that gives no picture, and tries again", async () => {
    const rig = new Rig();
    rig.preview.start();
    await rig.clock.advance(8_100);
    assert.equal(rig.camera.jpeg.demand, 1, "the next attempt");
    rig.camera.show("late");
    await settle();
    assert.deepEqual(rig.take(), ["late"]);
    assert.deepEqual(rig.log.lines, []);
  });
});

describe("preview and privacy", () => {
  it("takes the picture away when the camera is switched off", async () => {
    const rig = new Rig({ retain: true }, "live");
    rig.preview.start();
    rig.camera.show("secret");
    await settle();
    rig.publisher.take();
    rig.camera.state.set("off", "switched off by MQTT");
    assert.deepEqual(rig.publisher.take(), [{ topic, payload: "", qos: 1, retain: true }]);
    rig.preview.refresh();
    await rig.clock.advance(120_000);
    assert.deepEqual(rig.take(), []);
  });

  it("does not publish what was being made smaller when the camera was switched off", async () => {
    const rig = new Rig({}, "live");
    let finish = (): void => {};
    rig.fit = (picture) => new Promise((resolve) => (finish = () => resolve(picture)));
    rig.preview.start();
    rig.camera.show("secret");
    await settle();
    rig.camera.state.set("off", "switched off by MQTT");
    finish();
    await settle();
    assert.deepEqual(rig.take(), [""]);
  });

  it("shows no old picture of a camera that was switched off while there was no connection", async () => {
    const rig = new Rig();
    rig.camera.serveOnDemand();
    rig.preview.start();
    await settle();
    rig.preview.stop();
    rig.take();
    rig.camera.state.set("off", "switched off in the API");
    await rig.clock.advance(1_000);
    rig.preview.start();
    await rig.clock.advance(120_000);
    assert.deepEqual(rig.take(), [""]);
  });

  it("takes away what an earlier run left of a camera that is off", () => {
    const rig = new Rig({ retain: true }, "off");
    rig.preview.start();
    assert.deepEqual(rig.publisher.take(), [{ topic, payload: "", qos: 1, retain: true }]);
  });
});

describe("preview and connections", () => {
  it("ends with the connection, and lets go of the camera", async () => {
    const rig = new Rig();
    rig.preview.start();
    await settle();
    assert.equal(rig.camera.jpeg.demand, 1);
    rig.preview.stop();
    await settle();
    assert.equal(rig.camera.jpeg.demand, 0);
    assert.equal(rig.clock.pending, 0);
    await rig.clock.advance(120_000);
    assert.deepEqual(rig.take(), []);
    assert.deepEqual(rig.log.lines, []);
  });

  it("shows also pictures that were taken for somebody", async () => {
    const rig = new Rig({}, "live");
    rig.preview.start();
    await rig.preview.show(rig.camera.show("wanted"));
    assert.ok(rig.take().includes("wanted"));
    rig.preview.stop();
    rig.fit = () => Promise.reject(new RangeError("no room without a connection"));
    await rig.preview.show(rig.camera.show("too late"));
    assert.deepEqual(rig.log.lines, []);
    assert.deepEqual(rig.take(), []);
  });
});
