import assert from "node:assert/strict";
import { test } from "node:test";
import {
  announcedCameras,
  announcedFilters,
  bridgeKeptTopics,
  discoveredObject,
  keptTopics,
  type Place,
} from "../../../../src/announce/mqtt/retained-topics.ts";
import { cameraTopics } from "../../../../src/announce/mqtt/topics.ts";

const place: Place = { base: "home/cameras", prefix: "ha", bridgeId: "ab" };

test("which cameras were announced is read from their availability and discovery topics", () => {
  assert.deepEqual(announcedFilters(place), ["home/cameras/+/availability", "ha/device/sightline_ab/+/config"]);
  const topics = [
    "home/cameras/front/availability",
    "ha/device/sightline_ab/back-1/config",
    "ha/device/sightline_ab/_bridge/config",
    "ha/device/sightline_cd/other/config",
    "ha/device/other/config",
    "home/cameras/front/state",
    "home/cameras/a/b/availability",
    "home/cameras/availability",
    "home/cameras/Not an id/availability",
    "elsewhere/front/availability",
  ];
  assert.deepEqual([...announcedCameras(place, topics)], ["front", "back-1"]);
});

test("a discovery topic is one of ours by the bridge's id", () => {
  assert.equal(discoveredObject(place, "ha/device/sightline_ab/front/config"), "front");
  assert.equal(discoveredObject(place, "ha/device/sightline_abc/front/config"), undefined);
  assert.equal(discoveredObject(place, "ha/device/sightline_ab/front/other"), undefined);
});

test("everything that is published retained is among what can be taken away", () => {
  const topics = cameraTopics(place.base, "front");
  const own = Object.values(topics).filter((topic): topic is string => typeof topic === "string");
  const published = own.filter((topic) => !topic.endsWith("/set") && topic !== topics.event);
  assert.deepEqual(
    [...keptTopics(place, "front")].sort(),
    ["ha/device/sightline_ab/front/config", ...published].sort(),
  );
  assert.deepEqual(bridgeKeptTopics(place), [
    "ha/device/sightline_ab/_bridge/config",
    "home/cameras/status",
    "home/cameras/bridge",
  ]);
});
