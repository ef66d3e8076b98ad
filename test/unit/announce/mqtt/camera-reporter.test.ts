import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CameraReporter } from "../../../../src/announce/mqtt/camera-reporter.ts";
import { cameraTopics } from "../../../../src/announce/mqtt/topics.ts";
import { DeviceError } from "../../../../src/core/errors.ts";
import type { StreamStateName } from "../../../../src/hub/stream-state.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { ClockedCamera, control, FakeControls, fakePorts, FakePublisher, RecordingLog } from "./mqtt-fakes.ts";

const topics = cameraTopics("sightline", "front");

class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly log = new RecordingLog();
  readonly controls = new FakeControls([control("brightness")]);
  readonly camera: ClockedCamera;
  readonly ports;
  readonly reporter: CameraReporter;
  notices = 0;

  constructor(state: StreamStateName = "idle", overrides: Parameters<typeof fakePorts>[1] = {}) {
    this.camera = new ClockedCamera("front", this.clock, state);
    this.ports = fakePorts([this.camera], { controls: () => this.controls, ...overrides });
    this.reporter = new CameraReporter({
      feed: this.camera,
      topics,
      publisher: this.publisher,
      ports: this.ports,
      clock: this.clock,
      log: this.log,
      onControls: () => (this.notices += 1),
    });
  }

  /** One that watches, knows the controls and has told everything. */
  static async connected(...options: ConstructorParameters<typeof Rig>): Promise<Rig> {
    const rig = new Rig(...options);
    rig.reporter.start();
    await rig.reporter.learnControls();
    rig.reporter.connected();
    return rig;
  }

  /** What is told on each topic by now; JSON is read. */
  get told(): Readonly<Record<string, unknown>> {
    const read = (text: string): unknown => (text.startsWith("{") ? JSON.parse(text) : text);
    return Object.fromEntries(this.publisher.sent.map(({ topic, payload }) => [topic, read(payload.toString())]));
  }
}

describe("reporting a camera", () => {
  it("tells everything on a new connection, retained", async () => {
    const rig = await Rig.connected("live", { url: () => "http://192.0.2.7:8080" });
    assert.ok(rig.publisher.sent.every(({ qos, retain }) => qos === 1 && retain));
    assert.deepEqual(rig.told, {
      [topics.enabled]: "ON",
      [topics.availability]: "online",
      [topics.state]: {
        state: "live",
        reason: "as told",
        since: new Date(rig.clock.wallMs()).toISOString(),
        connected: "ON",
        running: "ON",
      },
      [topics.stats]: {
        fps: 30,
        bitrate: 2397,
        viewers: 3,
        resolution: "640x480",
        codec: "MJPG",
        dropped: 3,
        restarts: 1,
        last_error: null,
      },
      [topics.controls]: { brightness: { value: 128, available: true } },
      [topics.attributes]: {
        stream_url: "http://192.0.2.7:8080/cameras/front/stream",
        snapshot_url: "http://192.0.2.7:8080/cameras/front/snapshot.jpg",
      },
    });
  });

  const states: readonly (readonly [StreamStateName, availability: string, connected: unknown, running: string])[] = [
    ["starting", "online", "ON", "OFF"],
    ["live", "online", "ON", "ON"],
    ["stalled", "online", "ON", "OFF"],
    ["idle", "online", "ON", "OFF"],
    ["lost", "offline", "OFF", "OFF"],
    ["off", "offline", null, "OFF"],
  ];
  for (const [state, availability, connected, running] of states) {
    it(`tells ${state} as ${availability}`, async () => {
      const rig = await Rig.connected("live");
      rig.camera.state.set(state, "because");
      assert.equal(rig.told[topics.availability], availability);
      const told = rig.told[topics.state] as Readonly<Record<string, unknown>>;
      assert.equal(told["state"], state);
      assert.equal(told["connected"], connected);
      assert.equal(told["running"], running);
    });
  }

  it("tells what has changed only", async () => {
    const rig = await Rig.connected();
    rig.publisher.take();
    rig.camera.state.set("idle", "another reason");
    assert.deepEqual(Object.keys(rig.told), [topics.state]);
    rig.publisher.take();
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.told, {});
    rig.camera.stats = { ...rig.camera.stats, fps: 12.34, lastError: "it was unplugged" };
    await rig.clock.advance(10_000);
    assert.deepEqual(Object.keys(rig.told), [topics.stats]);
    const { fps, last_error: lastError } = rig.told[topics.stats] as Readonly<Record<string, unknown>>;
    assert.deepEqual([fps, lastError], [12.3, "it was unplugged"]);
  });

  it("tells no error longer than Home Assistant takes, and no half character", async () => {
    const rig = await Rig.connected();
    rig.camera.stats = { ...rig.camera.stats, lastError: `x${"\u{1f4f7}".repeat(300)}` };
    await rig.clock.advance(10_000);
    const { last_error: lastError } = rig.told[topics.stats] as Readonly<Record<string, unknown>>;
    assert.equal(lastError, `x${"\u{1f4f7}".repeat(254)}`);
  });

  it("tells that the camera was switched off by whomever", async () => {
    const rig = await Rig.connected();
    rig.ports.switches.turn("front", false, "in the API");
    assert.equal(rig.told[topics.enabled], "OFF");
    rig.ports.switches.turn("other", false, "in the API");
    rig.ports.switches.turn("front", true, "in the API");
    assert.deepEqual(rig.publisher.on(topics.enabled), ["ON", "OFF", "ON"]);
  });

  it("tells everything again when asked to, and nothing without a connection", async () => {
    const rig = await Rig.connected();
    const before = Object.keys(rig.told).sort();
    rig.publisher.take();
    rig.reporter.repeat();
    assert.deepEqual(Object.keys(rig.told).sort(), before);
    rig.publisher.take();
    rig.reporter.disconnected();
    rig.camera.state.set("lost", "unplugged");
    rig.reporter.tellOffline();
    rig.reporter.correctControls();
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.told, {});
    rig.reporter.connected();
    assert.deepEqual(Object.keys(rig.told).sort(), before);
  });

  it("is unavailable when it is taken away", async () => {
    const rig = await Rig.connected("live");
    rig.reporter.tellOffline();
    assert.equal(rig.told[topics.availability], "offline");
  });

  it("ends with the last of its timers and listeners", async () => {
    const rig = await Rig.connected("live");
    rig.reporter.stop();
    rig.publisher.take();
    rig.camera.state.set("lost", "unplugged");
    rig.ports.switches.turn("front", false, "in the API");
    rig.controls.change([]);
    assert.deepEqual(rig.told, {});
    assert.equal(rig.clock.pending, 0);
  });
});

describe("reporting controls", () => {
  it("tells each change, whoever made it", async () => {
    const rig = await Rig.connected();
    assert.equal(rig.notices, 1);
    rig.controls.change([control("brightness", { value: 7, inactive: true })]);
    assert.deepEqual(rig.told[topics.controls], { brightness: { value: 7, available: false } });
    assert.equal(rig.notices, 2);
    assert.equal(rig.reporter.controls?.[0]?.value, 7);
  });

  it("tells them again as they are when a change was refused", async () => {
    const rig = await Rig.connected();
    rig.publisher.take();
    rig.reporter.correctControls();
    assert.deepEqual(rig.told, { [topics.controls]: { brightness: { value: 128, available: true } } });
  });

  it("has none where the camera has none", async () => {
    const rig = await Rig.connected("idle", { controls: () => undefined });
    assert.deepEqual(rig.reporter.controls, []);
    assert.ok(!(topics.controls in rig.told));
  });

  it("does not ask a camera that is lost, and asks when it comes back", async () => {
    const rig = new Rig("lost");
    rig.controls.failure = new DeviceError("gone", "it is not there");
    rig.reporter.start();
    await rig.reporter.learnControls();
    assert.ok(!rig.reporter.controls);
    rig.controls.failure = undefined;
    rig.camera.state.set("idle", "it is back");
    await settle();
    assert.deepEqual(rig.reporter.controls, rig.controls.controls);
  });

  it("goes on without them when they cannot be listed, whatever the reason", async () => {
    for (const [failure, lines] of [
      [new DeviceError("busy", "somebody else has it"), 0],
      [new TypeError("a bug"), 1],
    ] as const) {
      const rig = new Rig("idle");
      rig.controls.failure = failure;
      rig.reporter.start();
      await rig.reporter.learnControls();
      assert.equal(rig.reporter.controls, undefined);
      rig.camera.state.set("lost", "unplugged");
      rig.camera.state.set("idle", "back");
      await settle(); // a rejection that nobody sees would end the test
      assert.ok(rig.log.lines.length >= lines);
      rig.reporter.stop();
    }
  });
});
