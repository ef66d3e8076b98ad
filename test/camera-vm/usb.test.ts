import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { UsbWebcam } from "../support/camera-vm-cameras.ts";
import { GuestSightline, type GuestViewer, type StateLog } from "../support/camera-vm-sightline.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";
import { fullCount } from "../support/full-count.ts";
import { until } from "../support/wait.ts";

/** Made of the by-id name: the same after every plug. */
const id = "sightline-test-webcam-usb1";
const noticedWithinNs = 2_000_000_000n;
const backWithinNs = 5_000_000_000n;

describe("a USB webcam and no configuration", needingCameraVm(), () => {
  let vm: CameraVm;
  let webcam: UsbWebcam;
  let sightline: GuestSightline;
  let states: StateLog;
  let viewer: GuestViewer;
  before(async () => {
    vm = await CameraVm.boot();
    webcam = await UsbWebcam.make(vm, "USB1");
    sightline = await GuestSightline.serve(vm, {});
    states = await sightline.watchStates();
  });
  after(async () => vm.stop());

  async function cameraIds(): Promise<string[]> {
    return (await sightline.cameras()).map((camera) => camera.id);
  }

  it("shows a test pattern while there is no camera", async () => {
    assert.deepEqual(await cameraIds(), ["test-pattern"]);
    assert.equal((await fetch(`${sightline.origin}/snapshot.jpg`)).status, 200);
  });

  it("takes a camera that is plugged in, and the test pattern leaves", async () => {
    const pluggedNs = await webcam.plug();
    const joined = await states.reached(id, "idle", 0n);
    assert.ok(BigInt(joined.atNs) - pluggedNs < noticedWithinNs + 1_000_000_000n);
    await states.reached("test-pattern", "gone", 0n);
    // its metadata node is no camera
    assert.deepEqual(await cameraIds(), [id]);
    assert.equal((await sightline.camera(id)).origin, webcam.byId);
  });

  it("streams, and switches the camera off after the last viewer", async () => {
    viewer = await sightline.watch("/stream");
    await viewer.countAfter(0n, 30);
    const { format } = await sightline.camera(id);
    assert.deepEqual([format?.pixelFormat, format?.width, format?.height], ["MJPG", 1280, 720]);
    assert.match(webcam.log, /^streaming on$/m);
    await viewer.leave();
    await states.reached(id, "idle", (await vm.run(["true"])).startedNs, 30_000);
    assert.match(webcam.log, /^streaming off$/m);
    assert.equal((await sightline.resources()).videoMappings, 0);
  });

  it("notices within 2 s that the idle camera is pulled and back, without switching it on", async () => {
    const pulledNs = await webcam.pull();
    const lost = await states.reached(id, "lost", pulledNs);
    assert.ok(BigInt(lost.atNs) - pulledNs < noticedWithinNs, `${BigInt(lost.atNs) - pulledNs} ns`);
    assert.match(lost.reason, /unplugged/);
    const pluggedNs = await webcam.plug();
    const idle = await states.reached(id, "idle", BigInt(lost.atNs));
    assert.ok(BigInt(idle.atNs) - pluggedNs < noticedWithinNs, `${BigInt(idle.atNs) - pluggedNs} ns`);
    assert.doesNotMatch(webcam.log, /streaming on/);
  });

  /** Pulls the streaming camera and plugs it in again. Its viewer stays, and sees new pictures in time. */
  async function replug(t: TestContext): Promise<void> {
    const pulledNs = await webcam.pull();
    await states.reached(id, "lost", pulledNs, 15_000, /unplugged/);
    const pluggedNs = await webcam.plug();
    const picture = await viewer.pictureAfter(pluggedNs);
    const waitedNs = BigInt(picture.atNs) - pluggedNs;
    t.diagnostic(`new pictures ${Number(waitedNs / 1_000_000n)} ms after the camera's return`);
    assert.ok(waitedNs < backWithinNs, `${waitedNs} ns`);
    assert.ok(viewer.connected);
  }

  it("comes back to its viewers when it is pulled in the middle of a picture", async (t) => {
    const body = JSON.stringify({ brightness: -20, auto_exposure: 1 });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${sightline.origin}/api/cameras/${id}/controls`, { method: "PATCH", headers, body });
    assert.equal(response.status, 200, await response.text());
    viewer = await sightline.watch(`/cameras/${id}/stream`);
    await viewer.countAfter(0n, 5);
    await replug(t);
    // set again before the stream began; uvcvideo tells the camera the values that it has not got
    assert.match(webcam.log, /^brightness=-20$[^]*^streaming on$/m);
    const { stdout } = await vm.run(["v4l2-ctl", "-d", webcam.byId, "-C", "brightness,auto_exposure"]);
    assert.equal(stdout, "brightness: -20\nauto_exposure: 1 (Manual Mode)\n");
    assert.deepEqual(await cameraIds(), [id]);
  });

  it("leaves nothing open or mapped behind, however often it is pulled", async (t) => {
    await replug(t);
    const first = await sightline.resources();
    for (let left = fullCount(t, 50, "pulled and plugged in again"); left > 0; left -= 1) await replug(t);
    const now = await until(async () => {
      const held = await sightline.resources();
      return held.descriptors <= first.descriptors && held.videoMappings === first.videoMappings && held;
    }, "the server to let go");
    t.diagnostic(`before ${JSON.stringify(first)}, after ${JSON.stringify(now)}`);
  });
});
