import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import {
  describeBridgeDevice,
  describeCameraDevice,
  type BridgeIdentity,
  type CameraIdentity,
  type DeviceConfig,
} from "../../../../../src/announce/mqtt/discovery/device-config.ts";
import { bridgeObject, discoveryTopic } from "../../../../../src/announce/mqtt/topics.ts";
import { checkDiscovery } from "../../../../support/home-assistant-model/check-discovery.ts";
import { anyControls } from "../any-controls.ts";
import { control } from "../mqtt-fakes.ts";

const bridge: BridgeIdentity = {
  id: "ab12cd34ef56",
  hostName: "box",
  version: "1.0.0",
  url: "http://192.0.2.7:8080",
  baseTopic: "sightline",
};
const camera: CameraIdentity = {
  id: "front-door",
  name: "Front door",
  source: "v4l2",
  hasMotion: true,
  controls: [control("brightness")],
};
const topic = discoveryTopic("homeassistant", bridge.id, camera.id);

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
/** What the configuration accepts, but for control characters. */
const anyTopic = fc
  .array(fc.stringMatching(/^[^+#$/\p{C}]{1,8}$/u), { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join("/"));
const anyBridge: fc.Arbitrary<BridgeIdentity> = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{12}$/),
  hostName: words,
  version: words,
  url: fc.constantFrom(undefined, "http://192.0.2.7:8080", "http://[2001:db8::1]:1", "http://camera.example.org:65535"),
  baseTopic: anyTopic,
});
const anyCamera: fc.Arbitrary<CameraIdentity> = fc.record({
  id: fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/),
  name: words,
  source: fc.constantFrom("v4l2", "command", "test-pattern"),
  hasMotion: fc.boolean(),
  controls: fc.oneof(fc.constant(undefined), anyControls),
});

describe("discovery messages", () => {
  it("are such as every Home Assistant takes, whatever cameras and controls there are", () => {
    fc.assert(
      fc.property(anyBridge, anyCamera, anyTopic, (own, one, prefix) => {
        const config = describeCameraDevice(own, one);
        assert.deepEqual(checkDiscovery(discoveryTopic(prefix, own.id, one.id), JSON.stringify(config)), []);
      }),
      { numRuns: 300 },
    );
  });

  it("are such for the bridge, too", () => {
    fc.assert(
      fc.property(anyBridge, anyTopic, (own, prefix) => {
        const text = JSON.stringify(describeBridgeDevice(own));
        assert.deepEqual(checkDiscovery(discoveryTopic(prefix, own.id, bridgeObject), text), []);
      }),
    );
  });

  it("tie the cameras' devices to the bridge's", () => {
    const { device } = describeBridgeDevice(bridge);
    assert.deepEqual(device["identifiers"], ["sightline_ab12cd34ef56"]);
    assert.equal(device["name"], "Sightline on box");
    assert.deepEqual(describeCameraDevice(bridge, camera).device, {
      identifiers: ["sightline_ab12cd34ef56_front-door"],
      name: "Front door",
      manufacturer: "Sightline",
      model: "Camera (V4L2)",
      sw_version: "1.0.0",
      via_device: "sightline_ab12cd34ef56",
      configuration_url: "http://192.0.2.7:8080",
    });
  });

  it("have the picture as the device itself, and availability of bridge and camera both", () => {
    const config = describeCameraDevice(bridge, camera);
    assert.deepEqual(config.components["camera"], {
      platform: "camera",
      unique_id: "sightline_ab12cd34ef56_front-door_camera",
      default_entity_id: "camera.front_door",
      name: null,
      topic: "sightline/front-door/image",
      json_attributes_topic: "sightline/front-door/attributes",
    });
    assert.equal(config.availability_mode, "all");
    assert.deepEqual(config.availability, [
      { topic: "sightline/status" },
      { topic: "sightline/front-door/availability" },
    ]);
    // Whoever switches it off must be able to switch it on.
    assert.deepEqual(config.components["enabled"]?.["availability"], [{ topic: "sightline/status" }]);
  });

  it("name motion only where it is looked for, and a reset only where there are controls", () => {
    const keys = (overrides: Partial<CameraIdentity>): readonly string[] =>
      Object.keys(describeCameraDevice(bridge, { ...camera, ...overrides }).components);
    assert.ok(["motion", "motion_event", "reset_controls"].every((key) => keys({}).includes(key)));
    assert.ok(!keys({ hasMotion: false }).some((key) => key.startsWith("motion")));
    assert.ok(!keys({ controls: [] }).some((key) => key === "reset_controls" || key.startsWith("control_")));
  });

  it("keep the controls of an earlier message while they are not known", () => {
    const earlier = describeCameraDevice(bridge, camera).components;
    const { components } = describeCameraDevice(bridge, { ...camera, controls: undefined }, earlier);
    assert.deepEqual(components, earlier);
    const first = describeCameraDevice(bridge, { ...camera, controls: undefined });
    assert.ok(!("reset_controls" in first.components));
  });

  it("do not say where the page is when others cannot reach it", () => {
    assert.ok(!("configuration_url" in describeCameraDevice({ ...bridge, url: undefined }, camera).device));
  });
});

const whole: DeviceConfig = describeCameraDevice(bridge, camera);

test("a message that lacks anything it needs is complained about", () => {
  const paths = [
    ["device"],
    ["origin"],
    ["components"],
    ["device", "name"],
    ["origin", "name"],
    ...Object.entries(whole.components).flatMap(([key, component]) =>
      Object.keys(component)
        .filter((name) => isNeeded(component.platform, name))
        .map((name) => ["components", key, name]),
    ),
  ];
  assert.ok(paths.length > 60);
  for (const path of paths) {
    assert.notDeepEqual(checkDiscovery(topic, JSON.stringify(without(whole, path))), [], path.join("."));
  }
});

test("a message with a key too many is complained about", () => {
  const places = [[], ["device"], ["origin"], ...Object.keys(whole.components).map((key) => ["components", key])];
  for (const path of places) {
    assert.notDeepEqual(checkDiscovery(topic, JSON.stringify(withKey(whole, path))), [], path.join("."));
  }
});

function isNeeded(platform: string, key: string): boolean {
  if (key === "state_topic") return ["sensor", "binary_sensor", "event"].includes(platform);
  return ["platform", "unique_id", "command_topic", "topic", "image_topic", "event_types"].includes(key);
}

type Tree = { [key: string]: Tree };

function without(config: DeviceConfig, path: readonly string[]): unknown {
  const copy = structuredClone(config) as unknown as Tree;
  delete at(copy, path.slice(0, -1))[path.at(-1) ?? ""];
  return copy;
}

function withKey(config: DeviceConfig, path: readonly string[]): unknown {
  const copy = structuredClone(config) as unknown as Tree;
  at(copy, path)["nobody_knows_this"] = {};
  return copy;
}

function at(tree: Tree, path: readonly string[]): Tree {
  return path.reduce((branch, key) => branch[key] ?? {}, tree);
}
