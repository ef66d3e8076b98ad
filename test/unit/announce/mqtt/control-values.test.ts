import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import { toControlValues } from "../../../../src/announce/mqtt/control-values.ts";
import { describeCameraDevice } from "../../../../src/announce/mqtt/discovery/device-config.ts";
import { reportControls } from "../../../../src/announce/mqtt/discovery/control-entities.ts";
import { parseCommand } from "../../../../src/announce/mqtt/parse-command.ts";
import { discoveryTopic } from "../../../../src/announce/mqtt/topics.ts";
import { ConfigError } from "../../../../src/core/errors.ts";
import type { CameraControl, ControlType } from "../../../../src/hub/camera-controls.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { HomeAssistantConsumer } from "../../../support/home-assistant-model/home-assistant-consumer.ts";
import { anyControls } from "./any-controls.ts";
import { control } from "./mqtt-fakes.ts";

type Given = string | number | boolean;

const menu = [
  { value: 0, label: "Off" },
  { value: 2, label: "50 Hz" },
  { value: 3, label: "2" },
];

const good: readonly (readonly [type: ControlType, given: Given, value: unknown])[] = [
  ["boolean", "ON", true],
  ["boolean", "OFF", false],
  ["boolean", "true", true],
  ["boolean", 0, false],
  ["boolean", true, true],
  ["integer", "140", 140],
  ["integer", "140.0", 140],
  ["integer", -5, -5],
  ["integer", " 7 ", 7],
  ["integer64", "9223372036854775807", "9223372036854775807"],
  ["bitmask", "255", 255],
  ["menu", "50 Hz", 2],
  ["menu", 0, 0],
  ["menu", "2", 3], // a label goes before a number
  ["menu", 3, 3],
  ["integer-menu", "Off", 0],
  ["button", "PRESS", true],
  ["button", "", true],
  ["button", true, true],
  ["string", "abc", "abc"],
  ["string", 12, "12"],
];

const wrong: readonly (readonly [type: ControlType, given: Given, problem: string])[] = [
  ["boolean", "maybe", 'controls.a: is "maybe", must be ON or OFF'],
  ["integer", "1.5", 'controls.a: is "1.5", must be a whole number'],
  ["integer", "", 'controls.a: is "", must be a whole number'],
  ["integer", "1e3", 'controls.a: is "1e3", must be a whole number'],
  ["integer", true, "controls.a: is true, must be a whole number"],
  ["menu", "60 Hz", 'controls.a: is "60 Hz", must be one of Off, 50 Hz, 2'],
  ["button", "ON", 'controls.a: is "ON", must be PRESS'],
  ["compound", "1", 'controls.a: is "1", cannot be set'],
];

describe("values of controls", () => {
  for (const [type, given, value] of good) {
    it(`${type}: ${JSON.stringify(given)}`, () => {
      assert.deepEqual(toControlValues([control("a", { type, menu })], { a: given }), { a: value });
    });
  }

  for (const [type, given, problem] of wrong) {
    it(problem, () => {
      assert.throws(
        () => toControlValues([control("a", { type, menu })], { a: given }),
        (error) => error instanceof ConfigError && error.message === problem,
      );
    });
  }

  it("names every mistake at once, also controls that are not there", () => {
    assert.throws(
      () => toControlValues([control("a"), control("b")], { a: "x", b: 1, constructor: 1 }),
      (error) =>
        error instanceof ConfigError &&
        error.message ===
          'controls.a: is "x", must be a whole number\ncontrols.constructor: is 1, is no control of this camera',
    );
  });
});

const bridge = { id: "ab12", hostName: "box", version: "1.0.0", url: undefined, baseTopic: "sightline" };
const node = "sightline_ab12_front";

/** Home Assistant with this camera, its controls known and reported. */
async function showAtHome(controls: readonly CameraControl[]): Promise<HomeAssistantConsumer> {
  const clock = new FakeClock();
  const home = new HomeAssistantConsumer({ clock, isEnabledByUser: () => true });
  const camera = { id: "front", name: "Front", source: "v4l2", hasMotion: false, controls } as const;
  const config = describeCameraDevice(bridge, camera);
  home.receive(discoveryTopic("homeassistant", bridge.id, "front"), Buffer.from(JSON.stringify(config)), false);
  await clock.advance(100);
  for (const topic of ["sightline/status", "sightline/front/availability"]) {
    home.receive(topic, Buffer.from("online"), true);
  }
  home.receive("sightline/front/controls", Buffer.from(JSON.stringify(reportControls(controls))), true);
  return home;
}

test("what Home Assistant sends back of a value that it was told sets the same value", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyControls, async (controls) => {
      const home = await showAtHome(controls);
      assert.deepEqual(home.complaints, []);
      for (const own of controls) {
        const id = `${node}_control_${own.name}`;
        const entity = home.entities().get(id);
        if (!entity?.available || !["number", "switch", "select", "text"].includes(entity.platform)) continue;
        if (entity.state === null) continue;
        const isSwitch = entity.platform === "switch";
        const { topic, payload } = home.set(
          id,
          isSwitch ? entity.state === "on" : readState(entity.platform, entity.state),
        );
        const parsed = parseCommand("sightline", topic, Buffer.from(payload));
        assert.ok(parsed?.command.kind === "set-controls");
        const set = Object.entries(toControlValues(controls, parsed.command.values));
        if (own.value === undefined) continue;
        count += 1;
        assert.deepEqual(
          set.map(([name, value]) => [name, String(value)]),
          [[own.name, cut(String(own.value))]],
        );
      }
      home.stop();
    }),
    { numRuns: 150 },
  );
  assert.ok(count > 100, `${count} values came back`);
});

function readState(platform: string, state: string | number): string | number {
  return platform === "number" ? Number(state) : String(state);
}

/** Home Assistant keeps 255 characters. */
function cut(text: string): string {
  return Array.from(text).slice(0, 255).join("");
}
