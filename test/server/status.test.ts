import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { ViewerInfo } from "../../src/hub/viewers-port.ts";
import { createCamera, readProblem, startRig } from "./http-rig.ts";

const viewer: ViewerInfo = {
  id: "a1b2",
  address: "192.0.2.7",
  fps: 29.6,
  key: "octoprint",
  advanceHeaders: true,
  dualFinalFrames: false,
  extraHeaders: true,
  zeroData: false,
};

test("healthz is well whatever the cameras do", async () => {
  const rig = await startRig({ cameras: [createCamera("front", "lost", "unplugged")] });
  const response = await rig.get("/healthz");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(await response.text(), "ok\n");
});

test("readyz is 200 while every camera is live, idle or off", async () => {
  const cameras = [createCamera("a", "live"), createCamera("b", "idle"), createCamera("c", "off")];
  const rig = await startRig({ cameras });
  const response = await rig.get("/readyz");
  assert.equal(response.status, 200);
  assert.deepEqual(
    ((await response.json()) as { cameras: { id: string; state: string }[] }).cameras.map(({ id, state }) => [
      id,
      state,
    ]),
    [
      ["a", "live"],
      ["b", "idle"],
      ["c", "off"],
    ],
  );
  for (const state of ["starting", "stalled", "lost"] as const) {
    cameras[1]?.state.set(state, "for a reason");
    const unready = await rig.get("/readyz");
    assert.ok(unready.headers.get("retry-after"));
    const problem = await readProblem(unready);
    assert.equal(problem["status"], 503);
    assert.equal(problem["detail"], `camera b is ${state}: for a reason`);
    assert.deepEqual(problem["cameras"], [{ id: "b", state, reason: "for a reason" }]);
  }
});

test("metrics are read when asked for", async () => {
  const camera = createCamera("front");
  const rig = await startRig({ cameras: [camera], clients: [viewer] });
  camera.publish("x", 250);
  rig.latency.observe("front", 0.0004);
  rig.latency.observe("front", 0.001);
  rig.latency.observe("front", 0.004);
  rig.latency.observe("front", 9);
  await rig.get("/nothing");
  const first = await rig.get("/metrics");
  assert.equal(first.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await first.text();
  for (const line of [
    'sightline_frames_total{camera="front"} 100',
    'sightline_bytes_total{camera="front"} 5000000',
    'sightline_restarts_total{camera="front"} 2',
    'sightline_drops_total{camera="front",cause="corrupt"} 4',
    'sightline_drops_total{camera="front",cause="encoder-busy"} 6',
    'sightline_viewer_drops_total{camera="front",cause="skipped"} 3',
    'sightline_viewer_drops_total{camera="front",cause="stuck"} 1',
    'sightline_fps{camera="front"} 29.97',
    'sightline_viewers{camera="front"} 1',
    'sightline_state{camera="front",state="live"} 1',
    'sightline_state{camera="front",state="lost"} 0',
    'sightline_build_info{version="1.2.3"} 1',
    'sightline_http_requests_total{status="404"} 1',
    'sightline_http_refusals_total{cause="full"} 0',
    "# TYPE sightline_capture_to_send_seconds histogram",
    'sightline_capture_to_send_seconds_bucket{camera="front",le="0.001"} 2',
    'sightline_capture_to_send_seconds_bucket{camera="front",le="0.003"} 2',
    'sightline_capture_to_send_seconds_bucket{camera="front",le="0.005"} 3',
    'sightline_capture_to_send_seconds_bucket{camera="front",le="5"} 3',
    'sightline_capture_to_send_seconds_bucket{camera="front",le="+Inf"} 4',
    'sightline_capture_to_send_seconds_count{camera="front"} 4',
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} in\n${text}`);
  }
  assert.match(text, /^sightline_http_connections [1-9]/m);
  assert.match(text, /^sightline_frame_age_seconds\{camera="front"\} \d+\.\d+$/m);
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
  camera.stats.frames = 101;
  camera.state.set("lost", "unplugged");
  const second = await (await rig.get("/metrics")).text();
  assert.match(second, /^sightline_frames_total\{camera="front"\} 101$/m);
  assert.match(second, /^sightline_state\{camera="front",state="lost"\} 1$/m);
  rig.registry.remove("front");
  assert.doesNotMatch(await (await rig.get("/metrics")).text(), /^sightline_frames_total\{/m);
});

test("state speaks ustreamer's JSON", async () => {
  const camera = createCamera("front");
  const rig = await startRig({ cameras: [camera], clients: [viewer] });
  assert.deepEqual(await (await rig.get("/state")).json(), {
    ok: true,
    result: {
      instance_id: "front",
      encoder: { type: "HW", quality: 80 },
      source: { resolution: { width: 1280, height: 720 }, online: true, desired_fps: 30, captured_fps: 30 },
      stream: {
        queued_fps: 30,
        clients: 1,
        clients_stat: {
          a1b2: {
            fps: 30,
            extra_headers: true,
            advance_headers: true,
            dual_final_frames: false,
            zero_data: false,
            key: "octoprint",
          },
        },
      },
    },
  });
  rig.registry.remove("front");
  const none = (await (await rig.get("/state")).json()) as { ok: boolean; result: { source: { online: boolean } } };
  assert.equal(none.ok, true);
  assert.equal(none.result.source.online, false);
});

test("metrics tell how the connection to the MQTT broker is, where there is one", async () => {
  const none = await (await (await startRig()).get("/metrics")).text();
  assert.doesNotMatch(none, /^sightline_mqtt_connected /m);
  const counts = { sent: 7, replaced: 1, dropped: 2, oversize: 3, received: 4 };
  const told = { broker: "mqtt://host:1883", protocol: "5.0", since: 0, reason: "connected" };
  const status = { ...told, state: "connected", connections: 2, queued: 5, counts } as const;
  const text = await (await (await startRig({ mqtt: () => status })).get("/metrics")).text();
  for (const line of [
    "sightline_mqtt_connected 1",
    "sightline_mqtt_connections_total 2",
    "sightline_mqtt_queued 5",
    'sightline_mqtt_messages_total{outcome="sent"} 7',
    'sightline_mqtt_messages_total{outcome="oversize"} 3',
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
});

test("metrics keep no process alive", () => {
  const metrics = new URL("../../src/outputs/status/metrics.js", import.meta.url);
  const script = `
    const { createMetrics } = await import(${JSON.stringify(metrics.href)});
    const nothing = { list: () => [], entries: () => [].values(), viewers: () => 0, clients: () => [], losses: () => ({}) };
    const sources = { registry: nothing, viewers: nothing, latency: nothing, http: () => undefined, mqtt: () => undefined, version: "x" };
    const registry = await createMetrics(sources);
    await registry.metrics();
    console.log("scraped");`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 30_000,
  });
  assert.equal(child.stdout, "scraped\n", child.stderr);
  assert.equal(child.status, 0, String(child.signal));
});
