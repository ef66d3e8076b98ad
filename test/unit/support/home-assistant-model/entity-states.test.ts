import assert from "node:assert/strict";
import { test } from "node:test";
import { frontDoor, frontDoorWith } from "./front-door.ts";
import { HomeRig } from "./home-rig.ts";

const all = { isEnabledByUser: () => true };
const { brightness, flicker, motion, restart, streaming } = frontDoor.cmps;

/** Message by message on one topic: what the state is then, and what the log says. */
const stories: readonly (readonly [string, string, readonly (readonly [string, unknown, string?])[]])[] = [
  [
    "front_motion",
    "sightline/front/motion",
    [
      ["ON", "on"],
      ["on", "on", "binary_sensor.front_door_motion: no matching payload found: on"],
      ["OFF", "off"],
      ["None", null],
      ["", null],
    ],
  ],
  [
    "front_streaming",
    "sightline/front/enabled",
    [
      ["ON", "on"],
      ["OFF", "off"],
    ],
  ],
  [
    "front_fps",
    "sightline/front/stats",
    [
      ['{"fps":29.97}', "29.97"],
      ['{"fps":null}', null],
      ['{"fps":30}', "30"],
      ['{"fps":"fast"}', "30", "sensor.front_door_frame_rate: has the non-numeric value fast"],
      ["{}", "30", "sensor.front_door_frame_rate: value_json.fps is undefined"],
    ],
  ],
  [
    "front_codec",
    "sightline/front/stats",
    [
      ['{"codec":"h264","fps":1}', "h264"],
      ['{"codec":"av1","fps":1}', "h264", "sensor.front_door_codec: ignoring invalid option av1"],
    ],
  ],
  [
    "front_since",
    "sightline/front/since",
    [
      ["2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00.000Z"],
      [
        "2026-11-20T10:00:00",
        "2026-11-20T09:00:00.000Z",
        "sensor.front_door_since: 2026-11-20T10:00:00 is missing timezone information",
      ],
      ["now", "2026-11-20T09:00:00.000Z", "sensor.front_door_since: invalid state message now"],
    ],
  ],
  [
    "front_brightness",
    "sightline/front/controls/brightness",
    [
      ["128", 128],
      ["1e2", 100],
      ["256", 100, "number.front_door_brightness: invalid value 256 (range 0 - 255)"],
      ["bright", 100, "number.front_door_brightness: payload bright is not a number"],
      ["", 100],
      ["None", null],
    ],
  ],
  [
    "front_flicker",
    "sightline/front/flicker",
    [
      ["60 Hz", "60 Hz"],
      ["70 Hz", "60 Hz", "select.front_door_power_line: invalid option 70 Hz (valid options: 50 Hz, 60 Hz)"],
      ["none", null],
    ],
  ],
];
for (const [uniqueId, topic, messages] of stories) {
  test(`${uniqueId} takes and refuses payloads as HA does`, async () => {
    const rig = await HomeRig.of(frontDoor, all);
    for (const [payload, state, complaint] of messages) {
      rig.say(topic, payload);
      assert.deepEqual(rig.entity(uniqueId).state, state, payload);
      const own = rig.home.complaints.splice(0).filter((text) => text.startsWith(rig.entity(uniqueId).entityId));
      assert.deepEqual(own, complaint === undefined ? [] : [complaint]);
    }
  });
}

test("a camera keeps its newest picture and takes its attributes from JSON", async () => {
  const rig = await HomeRig.of();
  rig.home.receive("sightline/front/image", Buffer.from([0xff, 0xd8, 1]), false);
  rig.home.receive("sightline/front/image", Buffer.from([0xff, 0xd8, 2]), false);
  assert.deepEqual(rig.entity("front_camera").image, Buffer.from([0xff, 0xd8, 2]));
  assert.equal(rig.entity("front_camera").state, null);
  rig.say("sightline/front/attributes", { rtsp: "rtsp://x" });
  assert.deepEqual(rig.entity("front_camera").attributes, { rtsp: "rtsp://x" });
  rig.say("sightline/front/attributes", "[]");
  assert.deepEqual(rig.home.complaints, ["camera.front_door: attributes are not a JSON object: []"]);
});

test("an image changes its state with every picture", async () => {
  const rig = await HomeRig.of();
  rig.say("sightline/front/last", "a");
  const first = rig.entity("front_last").state;
  await rig.clock.advance(5);
  rig.say("sightline/front/last", "a");
  assert.notEqual(rig.entity("front_last").state, first);
  assert.equal(rig.entity("front_last").updates, 2);
});

test("an event is what came live, as JSON, of a type that was announced", async () => {
  const rig = await HomeRig.of();
  rig.say("sightline/front/event", { event_type: "motion_start" }, true);
  assert.equal(rig.entity("front_event").state, null, "what the broker kept is no event");
  rig.say("sightline/front/event", { event_type: "motion_start", score: 7 });
  assert.deepEqual(rig.entity("front_event").attributes, { event_type: "motion_start", score: 7 });
  for (const payload of ["", "None", "{}"]) rig.say("sightline/front/event", payload);
  assert.equal(rig.entity("front_event").updates, 1);
  for (const payload of ["motion_start", '{"type":"x"}', '{"event_type":"ring"}'])
    rig.say("sightline/front/event", payload);
  assert.deepEqual(rig.home.complaints, [
    "event.front_door_motion_event: no valid JSON event payload: motion_start",
    'event.front_door_motion_event: event_type missing in JSON event payload: {"type":"x"}',
    "event.front_door_motion_event: invalid event type ring",
  ]);
});

test("expire_after makes a silent sensor unavailable, from the start", async () => {
  const rig = await HomeRig.of();
  assert.equal(rig.entity("front_rate").available, false);
  rig.say("sightline/front/rate", "100");
  await rig.clock.advance(59_999);
  assert.equal(rig.entity("front_rate").available, true);
  await rig.clock.advance(1);
  assert.equal(rig.entity("front_rate").available, false);
});

test("off_delay turns a binary sensor off", async () => {
  const rig = await HomeRig.of(frontDoorWith({ cmps: { motion: { ...motion, off_dly: 3 } } }));
  rig.say("sightline/front/motion", "ON");
  await rig.clock.advance(2_000);
  rig.say("sightline/front/motion", "ON");
  await rig.clock.advance(2_999);
  assert.equal(rig.entity("front_motion").state, "on");
  await rig.clock.advance(1);
  assert.equal(rig.entity("front_motion").state, "off");
});

test("commands are what was announced", async () => {
  const { home } = await HomeRig.of(frontDoor, all);
  const sent = { qos: 0, retain: false };
  assert.deepEqual(home.press("front_restart"), {
    topic: "sightline/front/restart",
    payload: "PRESS",
    qos: 1,
    retain: false,
  });
  assert.deepEqual(home.set("front_streaming", true), { topic: "sightline/front/enabled/set", payload: "ON", ...sent });
  assert.deepEqual(home.set("front_streaming", false).payload, "OFF");
  assert.deepEqual(home.set("front_brightness", 12), {
    topic: "sightline/front/controls/brightness/set",
    payload: "12",
    ...sent,
  });
  assert.deepEqual(home.set("front_flicker", "60 Hz").payload, "60 Hz");
  assert.deepEqual(home.birth(), { topic: "homeassistant/status", payload: "online", ...sent });
});

test("payloads, templates, retain and optimism of a command are as announced", async () => {
  const { stat_t: _, ...blind } = streaming;
  const cmps = {
    streaming: { ...blind, pl_on: "yes", ret: true },
    brightness: { ...brightness, cmd_tpl: '{"value": {{ value }}}' },
    restart: { ...restart, cmd_tpl: "{{ value | upper }}" },
  };
  const rig = await HomeRig.of(frontDoorWith({ cmps }));
  assert.deepEqual(rig.home.set("front_streaming", true), {
    topic: "sightline/front/enabled/set",
    payload: "yes",
    qos: 0,
    retain: true,
  });
  assert.equal(rig.entity("front_streaming").state, "on");
  assert.equal(rig.home.set("front_brightness", 1.5).payload, '{"value": 1.5}');
  assert.equal(rig.entity("front_brightness").state, null);
  assert.throws(() => rig.home.press("front_restart"), /of a shape that is not modelled/);
});

test("HA refuses what is out of range, unknown, unavailable or disabled", async () => {
  const rig = await HomeRig.of(frontDoorWith({ cmps: { brightness, flicker: { ...flicker, en: true }, restart } }));
  assert.throws(() => rig.home.set("front_brightness", 256), { message: "256 is outside valid range 0 - 255" });
  assert.throws(() => rig.home.set("front_flicker", "70 Hz"), { message: "option 70 Hz is not valid" });
  assert.throws(() => rig.home.set("front_flicker", 1), { message: "a select cannot be set to 1" });
  assert.throws(() => rig.home.press("front_flicker"), { message: "a select cannot be pressed" });
  assert.throws(() => rig.home.press("front_other"), { message: "no enabled entity front_other" });
  rig.say("sightline/status", "offline");
  assert.throws(() => rig.home.press("front_restart"), { message: "HA sends no command to what is unavailable" });
});
