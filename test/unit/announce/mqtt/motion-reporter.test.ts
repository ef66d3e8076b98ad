import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MotionReporter } from "../../../../src/announce/mqtt/motion-reporter.ts";
import { cameraTopics } from "../../../../src/announce/mqtt/topics.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { ClockedCamera, fakePorts, FakePublisher } from "./mqtt-fakes.ts";

const topics = cameraTopics("sightline", "front");

function createRig(hasMotion = true, hasDetector = true) {
  const publisher = new FakePublisher();
  const listeners = new Set<(id: string, isMoving: boolean) => void>();
  const motion = {
    onChange: (listener: (id: string, isMoving: boolean) => void): (() => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const camera = new ClockedCamera("front", new FakeClock());
  const ports = fakePorts([camera], { hasMotion: () => hasMotion, ...(hasDetector && { motion }) });
  const reporter = new MotionReporter({ feed: camera, topics, publisher, ports });
  const move = (id: string, isMoving: boolean): void => listeners.forEach((listener) => listener(id, isMoving));
  const told = (): readonly string[] =>
    publisher.take().map(({ topic, payload, retain }) => `${topic} ${payload.toString()}${retain ? " kept" : ""}`);
  return { reporter, move, told, listeners };
}

describe("reporting motion", () => {
  it("tells beginning and end, as a state that is kept and as an event that is not", () => {
    const { reporter, move, told } = createRig();
    reporter.start();
    reporter.connected();
    assert.deepEqual(told(), ["sightline/front/motion OFF kept"]);
    move("front", true);
    move("front", true);
    move("other", false);
    assert.deepEqual(told(), ["sightline/front/motion ON kept", 'sightline/front/event {"event_type":"motion_start"}']);
    move("front", false);
    assert.deepEqual(told(), ["sightline/front/motion OFF kept", 'sightline/front/event {"event_type":"motion_end"}']);
    reporter.repeat();
    assert.deepEqual(told(), ["sightline/front/motion OFF kept"]);
  });

  it("tells on the next connection how it is by then, without events of the past", () => {
    const { reporter, move, told } = createRig();
    reporter.start();
    move("front", true);
    assert.deepEqual(told(), []);
    reporter.connected();
    assert.deepEqual(told(), ["sightline/front/motion ON kept"]);
    reporter.disconnected();
    move("front", false);
    assert.deepEqual(told(), []);
  });

  it("tells nothing where nobody looks for movement", () => {
    for (const rig of [createRig(false), createRig(true, false)]) {
      rig.reporter.start();
      rig.reporter.connected();
      rig.move("front", true);
      assert.deepEqual(rig.told(), []);
    }
  });

  it("ends", () => {
    const { reporter, listeners } = createRig();
    reporter.start();
    assert.equal(listeners.size, 1);
    reporter.stop();
    assert.equal(listeners.size, 0);
  });
});
