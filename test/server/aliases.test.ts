import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { createCamera, createStoppedClock, readProblem, startRig, type Rig } from "./http-rig.ts";

const stream: HttpRoute = {
  method: "GET",
  path: "/cameras/:id/stream",
  access: "view",
  summary: "Stands for the MJPEG stream",
  query: [{ name: "fps", description: "", schema: { type: "number", minimum: 0.1 } }],
  response: { type: "multipart/x-mixed-replace" },
  handle: ({ params, path, query }) => ({ body: { stream: params["id"], path, ...query } }),
};

async function startThree(): Promise<Rig> {
  const clock = createStoppedClock();
  const cameras = ["front", "back", "side"].map((id) => createCamera(id, "live", "", clock));
  for (const camera of cameras) camera.publish(`picture of ${camera.feed.id}`);
  return startRig({ cameras, clock, routes: [stream] });
}

test("old names mean the first camera", async () => {
  const rig = await startThree();
  for (const path of ["/stream", "/stream.mjpg", "/stream.mjpeg", "/?action=stream", "/?action=stream&cache=1"]) {
    assert.deepEqual(await (await rig.get(path)).json(), { stream: "front", path: "/cameras/front/stream" }, path);
  }
  for (const path of ["/snapshot.jpg", "/snapshot", "/?action=snapshot", "/?x=1&action=snapshot"]) {
    assert.equal(await (await rig.get(path)).text(), "picture of front", path);
  }
});

test("_N counts cameras from 0", async () => {
  const rig = await startThree();
  for (const [index, id] of ["front", "back", "side"].entries()) {
    assert.equal(((await (await rig.get(`/?action=stream_${index}`)).json()) as { stream: string }).stream, id);
    assert.equal(await (await rig.get(`/?action=snapshot_${index}`)).text(), `picture of ${id}`);
  }
  const problem = await readProblem(await rig.get("/?action=stream_3"));
  assert.equal(problem["status"], 404);
  assert.equal(problem["detail"], "there is no camera number 3: they are counted from 0");
});

test("query keys go along with the alias", async () => {
  const rig = await startThree();
  assert.equal(((await (await rig.get("/stream?fps=5")).json()) as { fps: number }).fps, 5);
  assert.equal(((await (await rig.get("/?action=stream&fps=5")).json()) as { fps: number }).fps, 5);
  const problem = await readProblem(await rig.get("/?action=stream&fps=x"));
  assert.equal(problem["key"], "fps");
  assert.equal(problem["instance"], "/");
});

test("command is refused and says where controls are set", async () => {
  const rig = await startThree();
  const problem = await readProblem(await rig.get("/?action=command&id=9963776&group=1&value=128"));
  assert.equal(problem["status"], 403);
  assert.match(String(problem["detail"]), /PATCH \/api\/cameras\/ID\/controls/);
});

test("without a camera the first one is not there yet", async () => {
  const rig = await startRig({ routes: [stream] });
  for (const path of ["/stream", "/?action=snapshot_0", "/?action=stream"]) {
    const response = await rig.get(path);
    assert.equal(response.status, 503, path);
    assert.ok(response.headers.get("retry-after"));
    await readProblem(response);
  }
});

test("old names take GET and HEAD only", async () => {
  const rig = await startThree();
  assert.equal((await rig.get("/snapshot", { method: "HEAD" })).status, 200);
  const response = await rig.get("/snapshot", { method: "POST" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, HEAD");
});
