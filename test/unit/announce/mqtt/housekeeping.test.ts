import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Housekeeping } from "../../../../src/announce/mqtt/housekeeping.ts";
import { keptTopics, type Place } from "../../../../src/announce/mqtt/retained-topics.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";
import type { StateStore } from "../../../../src/store/state-file.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakePublisher, RecordingLog } from "./mqtt-fakes.ts";

const dayMs = 86_400_000;
const here: Place = { base: "sightline", prefix: "homeassistant", bridgeId: "ab" };

class Rig {
  readonly clock = new FakeClock();
  readonly publisher = new FakePublisher();
  readonly log = new RecordingLog();
  readonly house: Housekeeping;
  readonly store: StateStore;

  constructor(options: { place?: Place; keepsAbsent?: boolean; store?: StateStore } = {}) {
    this.store = options.store ?? memoryStore();
    this.house = new Housekeeping({
      place: options.place ?? here,
      publisher: this.publisher,
      store: this.store,
      keepsAbsent: options.keepsAbsent ?? false,
      clock: this.clock,
      log: this.log,
    });
  }

  /** The broker keeps these; cameras in `present` are there. */
  cleanUp(kept: readonly string[] | Readonly<Record<string, string>>, ...present: readonly string[]): void {
    const entries = Array.isArray(kept) ? kept.map((topic: string) => [topic, "x"] as const) : Object.entries(kept);
    this.house.cleanUp(new Map(entries.map(([topic, text]) => [topic, Buffer.from(text)])), (id) =>
      present.includes(id),
    );
  }

  /** The topics that are emptied, in order. */
  get emptied(): readonly string[] {
    return this.publisher.sent.flatMap(({ topic, payload, retain, qos }) =>
      payload === "" && retain && qos === 1 ? [topic] : [],
    );
  }
}

const config = (id: string, node = "sightline_ab"): string => `homeassistant/device/${node}/${id}/config`;

describe("cleaning up", () => {
  it("takes away a camera that is no more, all of it, and leaves the others", () => {
    const rig = new Rig();
    rig.cleanUp([config("front"), "sightline/front/availability", config("gone"), config("_bridge")], "front");
    assert.deepEqual(rig.emptied, keptTopics(here, "gone"));
    assert.deepEqual(rig.log.lines, ["info: a camera that is no more was taken from the MQTT broker"]);
  });

  it("takes away one that was announced without discovery", () => {
    const rig = new Rig();
    rig.house.seen(["gone"]);
    rig.cleanUp(["sightline/gone/availability"]);
    assert.deepEqual(rig.emptied, keptTopics(here, "gone"));
  });

  it("leaves alone what another bridge announced, also at the same base topic", () => {
    for (const keepsAbsent of [false, true]) {
      const rig = new Rig({ keepsAbsent });
      rig.cleanUp([config("theirs", "sightline_cd"), "sightline/theirs/availability", "homeassistant/device/x/config"]);
      assert.deepEqual(rig.publisher.sent, []);
    }
  });

  it("loses nothing of any number of cameras: no message is an event that may be one too many", () => {
    const rig = new Rig();
    rig.cleanUp(Array.from({ length: 30 }, (_, index) => config(`gone-${index}`)));
    assert.equal(rig.emptied.length, 300);
    assert.ok(rig.publisher.sent.every(({ isEvent }) => isEvent !== true));
  });

  it("does nothing for a broker that keeps nothing", () => {
    const rig = new Rig();
    rig.cleanUp([], "front");
    assert.deepEqual(rig.publisher.sent, []);
  });
});

describe("cameras that may come back", () => {
  it("stay for 30 days, unavailable", async () => {
    const rig = new Rig({ keepsAbsent: true });
    rig.house.seen(["unplugged"]);
    rig.cleanUp([config("unplugged")]);
    const offline = { topic: "sightline/unplugged/availability", payload: "offline", qos: 1, retain: true };
    assert.deepEqual(rig.publisher.take(), [offline]);
    await rig.clock.advance(30 * dayMs);
    rig.cleanUp([config("unplugged")]);
    assert.deepEqual(rig.publisher.take(), [offline]);
    await rig.clock.advance(dayMs + 1);
    assert.equal(rig.house.mayComeBack("unplugged"), false);
    rig.cleanUp([config("unplugged")]);
    assert.deepEqual(rig.emptied, keptTopics(here, "unplugged"));
  });

  it("are not the test pattern, nor any where the configuration names them all", () => {
    assert.equal(new Rig({ keepsAbsent: true }).house.mayComeBack("test-pattern"), false);
    assert.equal(new Rig({ keepsAbsent: true }).house.mayComeBack("front"), true);
    assert.equal(new Rig().house.mayComeBack("front"), false);
  });
});

describe("moving to other topics", () => {
  const earlier: Place = { base: "old", prefix: "homeassistant", bridgeId: "ab" };
  const there = {
    "old/bridge": JSON.stringify({ id: "ab", version: "1" }),
    "old/front/availability": "offline",
    [config("front")]: "{}",
    [config("_bridge")]: "{}",
  };

  /** A rig whose earlier run was at `place`. */
  function moved(place: Place): Rig {
    const first = new Rig({ place });
    first.house.seen(["front"]);
    first.cleanUp([], "front");
    return new Rig({ store: first.store });
  }

  it("is noticed at the first run after it, and looks there", () => {
    const rig = moved(earlier);
    assert.ok(rig.house.filters.includes("old/+/availability"));
    assert.ok(rig.house.filters.includes("old/bridge"));
    rig.cleanUp(there, "front");
    assert.ok(!rig.house.filters.some((filter) => filter.startsWith("old/")), "once is enough");
  });

  it("takes away everything at the earlier base topic; the devices are those of now", () => {
    const rig = moved(earlier);
    rig.cleanUp(there, "front");
    const left = [...keptTopics(earlier, "front").slice(1), "old/status", "old/bridge"];
    assert.deepEqual([...rig.emptied].sort(), left.sort());
  });

  it("takes away the devices at the earlier prefix, and no states at the base topic of now", () => {
    const rig = moved({ base: "sightline", prefix: "ha", bridgeId: "ab" });
    const device = "ha/device/sightline_ab/front/config";
    rig.cleanUp({ [device]: "{}", "sightline/front/availability": "online" }, "front");
    assert.deepEqual([...rig.emptied].sort(), [device, "ha/device/sightline_ab/_bridge/config"].sort());
  });

  it("leaves the states at the earlier base topic to another bridge that has moved in", () => {
    const rig = moved(earlier);
    rig.cleanUp({ ...there, "old/bridge": JSON.stringify({ id: "cd", version: "1" }) }, "front");
    assert.deepEqual(rig.emptied, []);
  });

  it("leaves cameras of another bridge that used the same base topic", () => {
    const rig = moved(earlier);
    rig.cleanUp({ ...there, "old/theirs/availability": "online" }, "front");
    assert.ok(!rig.emptied.some((topic) => topic.includes("theirs")));
  });
});
