import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, DeviceError } from "../../src/core/errors.ts";
import type { CameraControl, ControlsPort, ControlValue } from "../../src/hub/camera-controls.ts";
import type { ViewerInfo } from "../../src/hub/viewers-port.ts";
import { createCamera, readProblem, startRig } from "./http-rig.ts";

const viewer: ViewerInfo = {
  id: "v1",
  address: "192.0.2.7",
  fps: 29.5,
  key: "kitchen",
  advanceHeaders: false,
  dualFinalFrames: true,
  extraHeaders: false,
  zeroData: false,
};

const brightness: CameraControl = {
  name: "brightness",
  label: "Brightness",
  id: 9963776,
  type: "integer",
  minimum: 0,
  maximum: 255,
  step: 1,
  default: 128,
  value: 128,
  inactive: false,
  readOnly: false,
};

function createControls(): ControlsPort & { readonly sets: Readonly<Record<string, ControlValue>>[] } {
  const sets: Readonly<Record<string, ControlValue>>[] = [];
  return {
    sets,
    list: () => Promise.resolve([brightness]),
    set: (values) => {
      const wrong = Object.entries(values).filter(([name, value]) => name !== "brightness" || Number(value) > 255);
      if (wrong.length > 0) {
        const problems = wrong.map(([name, value]) => ({ key: `controls.${name}`, value, allowed: "must be better" }));
        return Promise.reject(new ConfigError(problems));
      }
      sets.push(values);
      return Promise.resolve([{ ...brightness, value: values["brightness"] ?? 0 }]);
    },
    toDefaults: () => Promise.resolve([brightness]),
    onChange: () => () => undefined,
  };
}

test("a camera shows everything that is known of it", async () => {
  const camera = createCamera("front", "live", "streaming");
  const formats = [{ pixelFormat: "MJPG", sizes: [{ width: 1280, height: 720, fps: [30, 15] }] }];
  const rig = await startRig({ cameras: [camera], clients: [viewer], formats: () => Promise.resolve(formats) });
  camera.publish("x", 40);
  const response = await rig.get("/api/cameras/front");
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const { since, frameAgeMs, ...rest } = (await response.json()) as { since: string; frameAgeMs: number };
  assert.ok(Math.abs(Date.parse(since) - Date.now()) < 10_000);
  assert.ok(frameAgeMs >= 40 && frameAgeMs < 5000);
  assert.deepEqual(rest, {
    id: "front",
    name: "The front",
    source: "v4l2",
    origin: "/dev/video0",
    state: "live",
    reason: "streaming",
    enabled: true,
    format: { codec: "jpeg", pixelFormat: "MJPG", width: 1280, height: 720, fps: 30 },
    fps: 30,
    bitrate: 11_988_000,
    frames: 100,
    drops: { "error-flag": 1, "sequence-gap": 2, stale: 3, corrupt: 4, settling: 5, "encoder-busy": 6 },
    restarts: 2,
    lastError: "it was unplugged",
    viewers: 1,
    clients: [{ id: "v1", fps: 29.5, key: "kitchen" }],
    urls: {
      stream: "/cameras/front/stream",
      snapshot: "/cameras/front/snapshot.jpg",
      controls: "/api/cameras/front/controls",
    },
    formats,
  });
});

test("addresses are below the base path, which links of a proxy's pages need", async () => {
  const rig = await startRig({ cameras: [createCamera("front")], server: { basePath: "/cam/" } });
  for (const path of ["/cam/api/cameras/front", "/api/cameras/front"]) {
    const { urls } = (await (await rig.get(path)).json()) as { urls: Record<string, string> };
    assert.deepEqual(urls, {
      stream: "/cam/cameras/front/stream",
      snapshot: "/cam/cameras/front/snapshot.jpg",
      controls: "/cam/api/cameras/front/controls",
    });
    assert.equal((await rig.get(urls["controls"] ?? "")).status, 200);
  }
});

test("the list has every camera, in order, and follows what comes and goes", async () => {
  const rig = await startRig({ cameras: [createCamera("a"), createCamera("b", "lost", "unplugged")] });
  const read = async () => {
    const { cameras } = (await (await rig.get("/api/cameras")).json()) as { cameras: Record<string, unknown>[] };
    return cameras.map(({ id, state, reason, frameAgeMs }) => ({ id, state, reason, frameAgeMs }));
  };
  assert.deepEqual(await read(), [
    { id: "a", state: "live", reason: "as told", frameAgeMs: null },
    { id: "b", state: "lost", reason: "unplugged", frameAgeMs: null },
  ]);
  rig.registry.remove("a");
  rig.registry.add(createCamera("c").feed);
  assert.deepEqual(
    (await read()).map(({ id }) => id),
    ["b", "c"],
  );
});

test("the bitrate of a raw camera is that of the pictures sent on", async () => {
  const camera = createCamera("raw");
  const rig = await startRig();
  rig.registry.add({ ...camera.feed, format: { codec: "raw", pixelFormat: "YUYV", width: 640, height: 480, fps: 30 } });
  const read = async () => ((await (await rig.get("/api/cameras/raw")).json()) as { bitrate: number }).bitrate;
  assert.equal(await read(), 0);
  camera.publish("x".repeat(1000));
  assert.equal(await read(), 239_760);
});

test("what a camera offers is null where nobody knows or it cannot be asked now", async () => {
  const camera = createCamera("front");
  const busy = () => Promise.reject(new DeviceError("busy", "in use"));
  for (const rig of [await startRig({ cameras: [camera] }), await startRig({ cameras: [camera], formats: busy })]) {
    const response = await rig.get("/api/cameras/front");
    assert.equal(response.status, 200);
    assert.equal(((await response.json()) as { formats: unknown }).formats, null);
  }
});

test("an unknown camera is 404 everywhere", async () => {
  const rig = await startRig({ cameras: [createCamera("front")] });
  for (const path of ["/api/cameras/back", "/api/cameras/back/controls", "/api/cameras/__proto__"]) {
    const problem = await readProblem(await rig.get(path));
    assert.equal(problem["status"], 404);
    assert.match(String(problem["detail"]), /^there is no camera "/);
  }
  assert.equal((await rig.get("/api/cameras/back/controls", { method: "PATCH" })).status, 404);
});

const patch = (body: unknown): RequestInit => ({
  method: "PATCH",
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

test("controls are listed and set", async () => {
  const controls = createControls();
  const rig = await startRig({ cameras: [createCamera("front")], controls: () => controls });
  const path = "/api/cameras/front/controls";
  assert.deepEqual(await (await rig.get(path)).json(), { controls: [brightness] });
  const response = await rig.get(path, patch({ brightness: 140 }));
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { controls: [{ ...brightness, value: 140 }] });
  assert.deepEqual(
    controls.sets.map((values) => ({ ...values })),
    [{ brightness: 140 }],
  );
});

test("wrong control values are all listed and nothing is set", async () => {
  const controls = createControls();
  const rig = await startRig({ cameras: [createCamera("front")], controls: () => controls });
  const path = "/api/cameras/front/controls";
  const problem = await readProblem(await rig.get(path, patch({ brightness: 999, contrast: 1 })));
  assert.equal(problem["status"], 422);
  assert.equal(problem["detail"], "nothing was set: brightness must be better; contrast must be better");
  assert.deepEqual(problem["problems"], [
    { key: "brightness", value: 999, allowed: "must be better" },
    { key: "contrast", value: 1, allowed: "must be better" },
  ]);
  const types = await readProblem(await rig.get(path, patch({ brightness: null, contrast: [1], hue: 1 })));
  assert.equal(types["status"], 422);
  assert.deepEqual(
    (types["problems"] as { key: string }[]).map(({ key }) => key),
    ["brightness", "contrast"],
  );
  for (const body of [[], 1, null, "brightness", {}]) {
    assert.equal((await readProblem(await rig.get(path, patch(body))))["status"], 400, JSON.stringify(body));
  }
  assert.equal(controls.sets.length, 0);
});

test("a camera without controls lists none and can be set none", async () => {
  const rig = await startRig({ cameras: [createCamera("front")] });
  const path = "/api/cameras/front/controls";
  assert.deepEqual(await (await rig.get(path)).json(), { controls: [] });
  const problem = await readProblem(await rig.get(path, patch({ brightness: 1 })));
  assert.equal(problem["status"], 422);
  assert.match(String(problem["detail"]), /this camera has no controls/);
});

test("a camera that cannot be asked for its controls is 503 with the reason", async () => {
  const failure = new DeviceError("busy", "/dev/video0 is in use by motion (pid 812)");
  const fail = () => Promise.reject(failure);
  const controls: ControlsPort = { list: fail, set: fail, toDefaults: fail, onChange: () => () => undefined };
  const rig = await startRig({ cameras: [createCamera("front")], controls: () => controls });
  for (const init of [{}, patch({ brightness: 1 })]) {
    const response = await rig.get("/api/cameras/front/controls", init);
    assert.ok(response.headers.get("retry-after"));
    const problem = await readProblem(response);
    assert.equal(problem["status"], 503);
    assert.equal(problem["detail"], "/dev/video0 is in use by motion (pid 812)");
    assert.equal(problem["code"], "busy");
  }
});

test("a camera is switched off and on, and restarted", async () => {
  const rig = await startRig({ cameras: [createCamera("front")] });
  const off = await rig.get("/api/cameras/front", patch({ enabled: false }));
  assert.equal(off.status, 200);
  assert.equal(((await off.json()) as { enabled: boolean }).enabled, false);
  await rig.get("/api/cameras/front", patch({ enabled: true }));
  assert.equal((await rig.get("/api/cameras/front/restart", { ...patch({}), method: "POST" })).status, 200);
  assert.deepEqual(rig.switches.told, ["off front in the API", "on front in the API", "restart front"]);
  for (const body of [{}, { enabled: "no" }, { enabled: true, name: "x" }, [], null]) {
    assert.equal((await readProblem(await rig.get("/api/cameras/front", patch(body))))["status"], 400);
  }
  assert.equal((await rig.get("/api/cameras/back", patch({ enabled: true }))).status, 404);
  assert.equal((await rig.get("/api/cameras/back/restart", { ...patch({}), method: "POST" })).status, 404);
  assert.equal((await rig.get("/api/cameras/front/restart", { method: "POST" })).status, 415);
  assert.equal(rig.switches.told.length, 3, "what is refused changes nothing");
});

test("the connection to the MQTT broker, and that there is none", async () => {
  const none = await startRig();
  assert.deepEqual(await (await none.get("/api/mqtt")).json(), { state: "off", reason: "mqtt.url is not set" });
  const counts = { sent: 1, replaced: 0, dropped: 0, oversize: 0, received: 0 };
  const status = {
    state: "waiting",
    broker: "mqtts://host:8883",
    protocol: undefined,
    since: Date.parse("2026-11-20T10:00:00Z"),
    reason: "refuses user or password",
    connections: 0,
    queued: 0,
    counts,
  } as const;
  const rig = await startRig({ mqtt: () => status });
  assert.deepEqual(await (await rig.get("/api/mqtt")).json(), {
    ...status,
    protocol: null,
    since: "2026-11-20T10:00:00.000Z",
  });
});
