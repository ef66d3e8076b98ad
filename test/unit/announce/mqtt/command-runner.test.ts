import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CommandRunner } from "../../../../src/announce/mqtt/command-runner.ts";
import type { IncomingMessage } from "../../../../src/announce/mqtt/message.ts";
import type { Command } from "../../../../src/announce/mqtt/parse-command.ts";
import { Snapshots } from "../../../../src/announce/mqtt/snapshots.ts";
import { ConfigError, DeviceError, ProtocolError } from "../../../../src/core/errors.ts";
import { FrameWaiter } from "../../../../src/hub/frame-waiter.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import {
  ClockedCamera,
  control,
  FakeControls,
  fakePorts,
  FakePublisher,
  incoming,
  RecordingLog,
} from "./mqtt-fakes.ts";

const setTopic = "sightline/front/controls/brightness/set";

class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly log = new RecordingLog();
  readonly controls = new FakeControls([control("brightness")]);
  readonly camera = new ClockedCamera("front", this.clock, "live");
  readonly ports;
  readonly runner: CommandRunner;
  corrections = 0;

  constructor(hasControls = true) {
    const { camera, log, publisher, clock } = this;
    this.ports = fakePorts([camera], { controls: () => (hasControls ? this.controls : undefined) });
    const snapshots = new Snapshots({
      feed: camera,
      topic: "sightline/front/snapshot",
      publisher,
      waiter: new FrameWaiter(clock, {}, "brief"),
      fit: this.ports.fit,
      log,
      onTaken: () => Promise.resolve(),
    });
    this.runner = new CommandRunner({
      feed: camera,
      ports: this.ports,
      snapshots,
      log,
      onControlsRefused: () => (this.corrections += 1),
    });
  }

  run(command: Command, message: Partial<IncomingMessage> = {}): void {
    this.runner.run(command, { ...incoming(setTopic, ""), ...message });
  }
}

const set = (values: Readonly<Record<string, string | number | boolean>>): Command => ({
  kind: "set-controls",
  values,
});

describe("running commands", () => {
  it("switches the camera off and on, and restarts it", async () => {
    const rig = new Rig();
    rig.run({ kind: "enable", on: false });
    rig.run({ kind: "enable", on: true });
    rig.run({ kind: "restart" });
    await settle();
    assert.deepEqual(rig.ports.switches.calls, ["front off by MQTT", "front on by MQTT", "front restart"]);
  });

  it("sets controls and puts them to default", async () => {
    const rig = new Rig();
    rig.run(set({ brightness: "140.0" }));
    rig.run({ kind: "reset-controls" });
    await settle();
    assert.deepEqual(rig.controls.sets, [{ brightness: 140 }]);
    assert.equal(rig.controls.resets, 1);
    assert.equal(rig.corrections, 0);
  });

  it("does one after the other, in the order they came", async () => {
    const rig = new Rig();
    rig.run({ kind: "snapshot" });
    rig.run({ kind: "enable", on: false });
    rig.run(set({ brightness: 1 }));
    rig.run(set({ brightness: 2 }));
    await settle();
    assert.deepEqual(rig.ports.switches.calls, [], "the snapshot takes its time");
    rig.camera.show();
    await settle();
    assert.equal(rig.publisher.sent.length, 1);
    assert.deepEqual(rig.ports.switches.calls, ["front off by MQTT"]);
    assert.deepEqual(rig.controls.sets, [{ brightness: 1 }, { brightness: 2 }]);
  });

  it("refuses a flood, and takes more when that is done", async () => {
    const rig = new Rig();
    for (let count = 0; count < 32; count += 1) rig.run({ kind: "restart" });
    assert.throws(
      () => rig.run({ kind: "restart" }),
      (error) => error instanceof ProtocolError && error.message === "32 commands are waiting already",
    );
    await settle();
    assert.equal(rig.ports.switches.calls.length, 32);
    rig.run({ kind: "restart" });
    await settle();
    assert.equal(rig.ports.switches.calls.length, 33);
  });

  it("logs what is refused with its reason, and has the controls told as they are", async () => {
    const rig = new Rig();
    rig.run(set({ brightness: "bright" }));
    await settle();
    rig.controls.failure = new ConfigError([{ key: "controls.brightness", value: 999, allowed: "must be 0 to 255" }]);
    rig.run(set({ brightness: 999 }));
    await settle();
    rig.controls.failure = new DeviceError("gone", "/dev/video0 is not there");
    rig.run({ kind: "reset-controls" });
    await settle();
    assert.deepEqual(rig.log.lines, [
      `warn: MQTT command refused: ${setTopic}: controls.brightness: is "bright", must be a whole number`,
      `warn: MQTT command refused: ${setTopic}: controls.brightness: is 999, must be 0 to 255`,
      `warn: MQTT command refused: ${setTopic}: /dev/video0 is not there`,
    ]);
    assert.equal(rig.corrections, 3);
    assert.deepEqual(rig.controls.sets, []);
  });

  it("refuses controls for a camera without any", async () => {
    const rig = new Rig(false);
    rig.run(set({ brightness: 1 }));
    await settle();
    assert.deepEqual(rig.log.lines, [`warn: MQTT command refused: ${setTopic}: this camera has no controls`]);
  });

  it("goes on after what should never happen", async () => {
    const rig = new Rig();
    rig.controls.failure = new TypeError("a bug");
    rig.run(set({ brightness: 1 }));
    await settle();
    assert.deepEqual(rig.log.lines, ["error: an MQTT command failed unexpectedly"]);
    rig.run({ kind: "restart" });
    await settle();
    assert.deepEqual(rig.ports.switches.calls, ["front restart"]);
  });

  for (const responseTopic of ["", "a/+", "a/#", "$SYS/x", "a\0b"]) {
    it(`does nothing for who wants the answer on ${JSON.stringify(responseTopic)}`, async () => {
      const rig = new Rig();
      assert.throws(
        () => rig.run({ kind: "snapshot" }, { responseTopic }),
        (error) =>
          error instanceof ProtocolError && error.message === "the response topic is none that can be published on",
      );
      await settle();
      assert.equal(rig.camera.jpeg.demand, 0);
    });
  }

  it("ends what is under way and forgets what waits when it is stopped", async () => {
    const rig = new Rig();
    rig.run({ kind: "snapshot" }, { responseTopic: "answer" });
    rig.run({ kind: "enable", on: false });
    await settle();
    rig.runner.stop();
    await settle();
    assert.equal(rig.camera.jpeg.demand, 0);
    assert.deepEqual(rig.ports.switches.calls, []);
    assert.equal(rig.publisher.sent.length, 0);
    assert.deepEqual(rig.log.lines, []);
  });
});
