import assert from "node:assert/strict";
import { test } from "node:test";
import { Supervisor } from "../../../src/capture/supervisor.ts";
import { DeviceError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { StreamState } from "../../../src/hub/stream-state.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

/** A camera whose life the test directs. */
function setUp(mode: "on-demand" | "always" = "on-demand") {
  const clock = new FakeClock();
  const state = new StreamState(clock, "idle", "not started yet");
  const history: string[] = [];
  state.onChange(({ state: name, reason }) => history.push(`${name}: ${reason}`));
  const camera = {
    absence: undefined as string | undefined,
    starts: 0,
    open: 0,
    live: () => {},
    fail: (_error: Error) => {},
    broken: undefined as Error | undefined,
  };
  const supervisor = new Supervisor({
    run: async (signal, onLive) => {
      camera.starts += 1;
      if (camera.broken) throw camera.broken;
      camera.open += 1;
      camera.live = onLive;
      try {
        await new Promise<void>((resolve, reject) => {
          camera.fail = reject;
          signal.addEventListener("abort", () => resolve());
        });
      } finally {
        camera.open -= 1;
      }
    },
    absence: async () => camera.absence,
    state,
    mode,
    lingerMs: 10_000,
    clock,
    log: silentLog,
    onFailure: () => {},
  });
  return { clock, state, history, camera, supervisor };
}

test("an idle camera is not opened; demand opens it; the linger after the last viewer closes it", async () => {
  const { clock, state, camera, supervisor } = setUp();
  await supervisor.start();
  await clock.advance(60_000);
  assert.deepEqual([camera.starts, state.status.state], [0, "idle"]);

  supervisor.setDemand("viewers");
  await settle();
  assert.deepEqual([camera.open, state.status.state], [1, "starting"]);
  camera.live();
  assert.equal(state.status.state, "live");

  supervisor.setDemand("none");
  await clock.advance(9_999);
  assert.equal(camera.open, 1);
  await clock.advance(1);
  assert.deepEqual([camera.open, state.status.state], [0, "idle"]);
  await supervisor.stop();
  assert.equal(clock.pending, 0);
});

test("a viewer within the linger keeps the camera open", async () => {
  const { clock, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.setDemand("viewers");
  await clock.advance(1_000);
  supervisor.setDemand("none");
  await clock.advance(5_000);
  supervisor.setDemand("viewers");
  await clock.advance(60_000);
  assert.deepEqual([camera.starts, camera.open], [1, 1]);
  await supervisor.stop();
});

test("a camera that captures always starts by itself and ignores demand", async () => {
  const { clock, camera, supervisor } = setUp("always");
  await supervisor.start();
  await settle();
  supervisor.setDemand("none");
  await clock.advance(60_000);
  assert.equal(camera.open, 1);
  await supervisor.stop();
  assert.equal(camera.open, 0);
});

test("a failing camera is tried again after 250 ms, then slower, but at least every 2 s", async () => {
  const { clock, state, camera, supervisor } = setUp("always");
  camera.broken = new DeviceError("busy", "/dev/video0 is in use by motion (pid 812)");
  await supervisor.start();
  const starts: number[] = [];
  for (let second = 0; second < 8; second += 1) {
    await clock.advance(1_000);
    starts.push(camera.starts);
  }
  assert.deepEqual(starts, [3, 4, 4, 5, 5, 6, 6, 7]);
  assert.deepEqual([state.status.state, state.status.reason], ["lost", "/dev/video0 is in use by motion (pid 812)"]);
  await supervisor.stop();
});

test("unplugged while live: lost with the reason, open again at once when it is back", async () => {
  const { clock, state, history, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.setDemand("viewers");
  await settle();
  camera.live();
  camera.absence = "/dev/video0 is not there";
  camera.fail(new DeviceError("gone", "/dev/video0 was unplugged"));
  await clock.advance(60_000);
  assert.deepEqual([camera.starts, state.status.state], [1, "lost"]);
  camera.absence = undefined;
  await clock.advance(300);
  assert.equal(camera.starts, 2);
  camera.live();
  assert.deepEqual(history, [
    "idle: nobody is watching",
    "starting: opening the camera",
    "live: frames are coming",
    "lost: /dev/video0 was unplugged",
    "lost: /dev/video0 is not there",
    "live: frames are coming",
  ]);
  await supervisor.stop();
});

test("an idle camera that is unplugged is lost within 2 s, and idle again when it is back", async () => {
  const { clock, state, camera, supervisor } = setUp();
  await supervisor.start();
  await clock.advance(5_000);
  camera.absence = "/dev/video0 is not there";
  await clock.advance(2_000);
  assert.deepEqual([state.status.state, state.status.reason], ["lost", "/dev/video0 is not there"]);
  camera.absence = undefined;
  await clock.advance(2_000);
  assert.equal(state.status.state, "idle");
  assert.equal(camera.starts, 0);
  await supervisor.stop();
});

test("a stalled camera is stalled until frames come, not starting", async () => {
  const { clock, state, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.setDemand("viewers");
  await settle();
  camera.live();
  camera.fail(new DeviceError("stalled", "/dev/video0 sent nothing for 2 s"));
  await clock.advance(1_000);
  assert.deepEqual([camera.open, state.status.state], [1, "stalled"]);
  camera.live();
  assert.equal(state.status.state, "live");
  await supervisor.stop();
});

test("what only a person can mend stays said when nobody watches; what passes does not", async () => {
  for (const [code, after] of [
    ["format", "lost"],
    ["bandwidth", "idle"],
  ] as const) {
    const { clock, state, camera, supervisor } = setUp();
    camera.broken = new DeviceError(code, "it does not work");
    await supervisor.start();
    supervisor.setDemand("viewers");
    await clock.advance(1_000);
    supervisor.setDemand("none");
    await clock.advance(20_000);
    assert.equal(state.status.state, after, code);
    await supervisor.stop();
  }
});

test("one picture's demand opens the camera and closes it without a linger", async () => {
  const { clock, state, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.setDemand("brief");
  await settle();
  assert.equal(camera.open, 1);
  supervisor.setDemand("none");
  await settle();
  assert.deepEqual([camera.open, state.status.state], [0, "idle"]);
  await supervisor.stop();
  assert.equal(clock.pending, 0);
});

test("one picture's demand neither ends nor lengthens the linger of viewers", async () => {
  const { clock, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.setDemand("viewers");
  await clock.advance(1_000);
  supervisor.setDemand("none");
  await clock.advance(6_000);
  supervisor.setDemand("brief");
  await clock.advance(1_000);
  supervisor.setDemand("none");
  await clock.advance(2_999);
  assert.equal(camera.open, 1);
  await clock.advance(1);
  assert.deepEqual([camera.starts, camera.open], [1, 0]);

  supervisor.setDemand("viewers");
  await clock.advance(1_000);
  supervisor.setDemand("none");
  supervisor.setDemand("brief");
  await clock.advance(60_000);
  assert.equal(camera.open, 1, "a picture that takes longer than the linger is waited for");
  supervisor.setDemand("none");
  await settle();
  assert.equal(camera.open, 0);
  await supervisor.stop();
});

test("switched off: closed, whoever watches and however it is restarted, until it is switched on", async () => {
  for (const mode of ["on-demand", "always"] as const) {
    const { clock, state, camera, supervisor } = setUp(mode);
    await supervisor.start();
    supervisor.setDemand("viewers");
    await settle();
    camera.live();
    supervisor.switchOff("switched off in Home Assistant");
    await settle();
    assert.deepEqual(
      [camera.open, state.status.state, state.status.reason],
      [0, "off", "switched off in Home Assistant"],
    );
    supervisor.setDemand("none");
    supervisor.setDemand("viewers");
    supervisor.restart();
    await clock.advance(60_000);
    assert.deepEqual([camera.starts, state.status.state], [1, "off"], mode);
    supervisor.switchOn();
    await settle();
    assert.deepEqual([camera.open, state.status.state], [1, "starting"]);
    await supervisor.stop();
    assert.equal(clock.pending, 0);
  }
});

test("a camera that is switched off before the start is never opened, and can be stopped", async () => {
  const { clock, state, camera, supervisor } = setUp("always");
  supervisor.switchOff("private");
  await supervisor.start();
  await clock.advance(5_000);
  assert.deepEqual([camera.starts, state.status.state], [0, "off"]);
  await supervisor.stop();
  assert.equal(clock.pending, 0);
});

test("a restart closes and opens the camera, and ends the wait of one that failed", async () => {
  const { clock, camera, supervisor } = setUp();
  await supervisor.start();
  supervisor.restart();
  await clock.advance(1_000);
  assert.equal(camera.starts, 0, "an idle one stays closed");
  supervisor.setDemand("viewers");
  await settle();
  supervisor.restart();
  await settle();
  assert.deepEqual([camera.starts, camera.open], [2, 1]);
  camera.broken = new DeviceError("busy", "in use");
  camera.fail(new DeviceError("busy", "in use"));
  await clock.advance(8_000);
  camera.broken = undefined;
  const { starts } = camera;
  supervisor.restart();
  await clock.advance(250);
  assert.deepEqual([camera.starts, camera.open], [starts + 1, 1]);
  await supervisor.stop();
});

test("stop is idempotent, safe before start, and closes the camera", async () => {
  const { clock, camera, supervisor } = setUp("always");
  await supervisor.stop();
  await supervisor.start();
  await settle();
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  assert.deepEqual([camera.open, clock.pending], [0, 0]);
});
