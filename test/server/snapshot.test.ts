import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, type Log } from "../../src/core/log.ts";
import { connectRaw, createCamera, createStoppedClock, readProblem, startRig } from "./http-rig.ts";

const PATH = "/cameras/front/snapshot.jpg";

test("a fresh picture of a live camera is answered at once, with its time and age", async () => {
  const clock = createStoppedClock();
  const camera = createCamera("front", "live", "", clock);
  const rig = await startRig({ cameras: [camera], clock });
  camera.publish("a picture", 200);
  const response = await rig.get(PATH);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("content-length"), "9");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-timestamp"), ((clock.wallMs() - 200) / 1000).toFixed(6));
  assert.match(response.headers.get("x-timestamp") ?? "", /^\d{10}\.\d{6}$/);
  assert.equal(response.headers.get("x-frame-age"), "200");
  assert.equal(await response.text(), "a picture");
  assert.equal(camera.feed.jpeg.demand, 0);
});

test("HEAD has the same headers, and the picture's tag saves sending it twice", async () => {
  const clock = createStoppedClock();
  const camera = createCamera("front", "live", "", clock);
  const rig = await startRig({ cameras: [camera], clock });
  camera.publish("a picture");
  const head = await rig.get(PATH, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "9");
  assert.equal(await head.text(), "");
  const etag = head.headers.get("etag") ?? "";
  const again = await rig.get(PATH, { headers: { "If-None-Match": etag } });
  assert.equal(again.status, 304);
  camera.publish("a picture");
  const next = await rig.get(PATH, { headers: { "If-None-Match": etag } });
  assert.equal(next.status, 200);
  assert.notEqual(next.headers.get("etag"), etag);
});

test("an old picture is not good enough: the next one is waited for", async () => {
  const camera = createCamera("front");
  const rig = await startRig({ cameras: [camera] });
  camera.publish("old", 1500);
  const answer = rig.get(PATH);
  await camera.wanted();
  camera.publish("new");
  assert.equal(await (await answer).text(), "new");
  await camera.unwanted();
});

test("max_age says how old is good enough", async () => {
  const camera = createCamera("front");
  const rig = await startRig({ cameras: [camera] });
  camera.publish("old", 1500);
  assert.equal(await (await rig.get(`${PATH}?max_age=60000`)).text(), "old");
  const exact = rig.get(`${PATH}?max_age=0`);
  await camera.wanted();
  camera.publish("new");
  assert.equal(await (await exact).text(), "new");
  for (const bad of ["-1", "soon", "1.5", "", "99999999999"]) {
    const problem = await readProblem(await rig.get(`${PATH}?max_age=${bad}`));
    assert.equal(problem["status"], 400);
    assert.equal(problem["key"], "max_age");
  }
});

test("an idle camera is woken by the first, and the picture taken serves a later max_age without waking it", async () => {
  const camera = createCamera("front", "idle");
  const rig = await startRig({ cameras: [camera] });
  const answer = rig.get(PATH);
  await camera.wanted();
  camera.state.set("starting", "somebody asked");
  camera.state.set("live", "streaming");
  camera.publish("woken");
  assert.equal(await (await answer).text(), "woken");
  await camera.unwanted();
  camera.feed.jpeg.clear();
  camera.state.set("idle", "nobody watches");
  assert.equal(await (await rig.get(`${PATH}?max_age=60000`)).text(), "woken");
  assert.equal(camera.feed.jpeg.demand, 0);
  camera.state.set("off", "switched off");
  assert.equal((await rig.get(`${PATH}?max_age=60000`)).status, 503);
});

test("20 at once are one capture", async () => {
  const camera = createCamera("front", "idle");
  const demands: number[] = [];
  camera.feed.jpeg.onDemand((demand) => demands.push(demand));
  const rig = await startRig({ cameras: [camera] });
  const answers = Array.from({ length: 20 }, () => rig.get(PATH));
  while ((rig.server.stats.connections ?? 0) < 20) await new Promise((resolve) => setImmediate(resolve));
  await camera.wanted();
  // The last request has been read when one that came after it is answered.
  await rig.get("/healthz");
  camera.publish("shared");
  const pictures = await Promise.all(answers.map(async (answer) => (await answer).text()));
  assert.deepEqual(new Set(pictures), new Set(["shared"]));
  assert.deepEqual(demands, [1, 0]);
});

test("an aborted request costs nothing afterwards", async () => {
  const camera = createCamera("front", "idle");
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, error: (...line) => void logged.push(line) };
  const rig = await startRig({ cameras: [camera], server: { log } });
  for (let round = 0; round < 20; round += 1) {
    const client = await connectRaw(rig);
    client.send(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await camera.wanted();
    client.socket.destroy();
    await camera.unwanted();
  }
  const answer = rig.get(PATH);
  await camera.wanted();
  camera.publish("at once");
  assert.equal(await (await answer).text(), "at once");
  assert.deepEqual(logged, []);
  assert.deepEqual([...rig.server.stats.requests], [[200, 1]]);
});

test("one who gives up does not take the picture from the others", async () => {
  const camera = createCamera("front", "idle");
  const rig = await startRig({ cameras: [camera] });
  const client = await connectRaw(rig);
  client.send(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await camera.wanted();
  const answer = rig.get(PATH);
  await rig.get("/healthz");
  client.socket.destroy();
  camera.publish("for who stayed");
  assert.equal(await (await answer).text(), "for who stayed");
});

test("no picture in time: 503 with state, reason and Retry-After, and the demand is gone", async () => {
  const camera = createCamera("front", "stalled", "no frame for 3 s");
  const rig = await startRig({ cameras: [camera], snapshot: { timeouts: { frameMs: 30 } } });
  const response = await rig.get(PATH);
  assert.equal(response.headers.get("retry-after"), "5");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const problem = await readProblem(response);
  assert.equal(problem["status"], 503);
  assert.equal(problem["camera"], "front");
  assert.equal(problem["state"], "stalled");
  assert.equal(problem["reason"], "no frame for 3 s");
  assert.equal(problem["detail"], "camera front: no picture within 0.03 s: stalled (no frame for 3 s)");
  assert.equal(camera.feed.jpeg.demand, 0);
});

test("a camera that is lost while somebody waits is said at once", async () => {
  const camera = createCamera("front", "idle");
  const rig = await startRig({ cameras: [camera] });
  const answer = rig.get(PATH);
  await camera.wanted();
  camera.state.set("starting", "opening");
  camera.state.set("lost", "/dev/video0 is in use by motion (pid 812)");
  const problem = await readProblem(await answer);
  assert.equal(problem["reason"], "/dev/video0 is in use by motion (pid 812)");
  await camera.unwanted();
});

test("a camera lost in the very moment it is wanted leaves no demand behind", async () => {
  const camera = createCamera("front", "idle");
  camera.feed.jpeg.onDemand((demand) => {
    if (demand > 0) camera.state.set("lost", "gone");
  });
  const rig = await startRig({ cameras: [camera] });
  const problem = await readProblem(await rig.get(PATH));
  assert.equal(problem["state"], "lost");
  assert.equal(camera.feed.jpeg.demand, 0);
});

test("a lost camera may come back when wanted, but is not waited for long", async () => {
  const camera = createCamera("front", "lost", "unplugged");
  const rig = await startRig({ cameras: [camera], snapshot: { timeouts: { frameMs: 60_000, lostMs: 20 } } });
  assert.equal((await readProblem(await rig.get(PATH)))["reason"], "unplugged");
  const patient = await startRig({ cameras: [camera] });
  camera.feed.jpeg.onDemand((demand) => {
    if (demand > 0) setImmediate(() => camera.publish("back"));
  });
  assert.equal(await (await patient.get(PATH)).text(), "back");
});

test("a camera that is off is not woken", async () => {
  const camera = createCamera("front", "off", "switched off");
  camera.publish("private");
  const rig = await startRig({ cameras: [camera] });
  let demands = 0;
  camera.feed.jpeg.onDemand(() => (demands += 1));
  const response = await rig.get(PATH);
  assert.equal((await readProblem(response))["state"], "off");
  assert.equal(demands, 0);
});

test("an unknown camera is 404, no camera at all 503", async () => {
  const rig = await startRig();
  assert.equal((await readProblem(await rig.get("/cameras/back/snapshot.jpg")))["status"], 404);
  const none = await rig.get("/snapshot.jpg");
  assert.equal(none.headers.get("retry-after"), "5");
  assert.match(String((await readProblem(none))["detail"]), /^there is no camera/);
});

test("stopping the server ends who waits", async () => {
  const camera = createCamera("front", "idle");
  const rig = await startRig({ cameras: [camera] });
  const client = await connectRaw(rig);
  client.send(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await camera.wanted();
  await rig.server.stop();
  assert.equal(camera.feed.jpeg.demand, 0);
  assert.match(await client.ended(), /^HTTP\/1\.1 503 [^]*"detail":"the server stops"/);
});
