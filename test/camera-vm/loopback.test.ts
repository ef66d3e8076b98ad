import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { feedLoopback, makeMjpegClip, plugLoopback, type MjpegClip } from "../support/camera-vm-cameras.ts";
import type { GuestProcess } from "../support/camera-vm-process.ts";
import { GuestSightline, type GuestViewer, type StateLog } from "../support/camera-vm-sightline.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";
import { fullCount } from "../support/full-count.ts";
import { until } from "../support/wait.ts";

const id = "loop";
const node = "/dev/video10";
const backWithinNs = 5_000_000_000n;

describe("a v4l2loopback camera whose feeder comes and goes", needingCameraVm(), () => {
  let vm: CameraVm;
  let small: MjpegClip;
  let large: MjpegClip;
  let feeder: GuestProcess;
  let sightline: GuestSightline;
  let viewer: GuestViewer;
  let states: StateLog;
  before(async () => {
    vm = await CameraVm.boot();
    await plugLoopback(vm);
    [small, large] = await Promise.all([makeMjpegClip(vm, 640, 480), makeMjpegClip(vm, 1280, 720)]);
    feeder = await feedLoopback(vm, node, small);
    sightline = await GuestSightline.serve(vm, { cameras: [{ id, device: node }] });
    states = await sightline.watchStates();
    viewer = await sightline.watch(`/cameras/${id}/stream`);
    await viewer.pictureAfter(0n);
  });
  after(async () => vm.stop());

  /** Ends the feeder, waits until the API tells so, and starts another. The viewer must see its pictures in time. */
  async function replaceFeeder(clip: MjpegClip): Promise<number> {
    const { endedNs } = await feeder.end();
    const failed = await states.reached(id, "stalled", endedNs);
    assert.match(failed.reason, new RegExp(node));
    feeder = await feedLoopback(vm, node, clip);
    const { startedNs } = await vm.run(["true"]);
    const picture = await viewer.pictureAfter(endedNs, 20_000, (seen) => BigInt(seen.atNs) > BigInt(failed.atNs));
    const waitedNs = BigInt(picture.atNs) - startedNs;
    assert.ok(waitedNs < backWithinNs, `${waitedNs} ns`);
    assert.deepEqual([picture.width, picture.height], [clip.width, clip.height]);
    assert.ok(viewer.connected);
    assert.equal((await sightline.camera(id)).state, "live");
    return Number(waitedNs / 1_000_000n);
  }

  it("waits for a feeder that stops and comes back", async (t) => {
    await replaceFeeder(small);
    const first = await sightline.resources();
    for (let left = fullCount(t, 5, "feeders that stop and come back"); left > 0; left -= 1) {
      t.diagnostic(`new pictures ${await replaceFeeder(small)} ms after the feeder's return`);
    }
    const now = await until(async () => {
      const held = await sightline.resources();
      return held.descriptors <= first.descriptors && held.videoMappings === first.videoMappings && held;
    }, "the server to let go");
    t.diagnostic(`before ${JSON.stringify(first)}, after ${JSON.stringify(now)}`);
  });

  it("follows a feeder that changes the size", async (t) => {
    for (let left = fullCount(t, 5, "changes of size, there and back"); left > 0; left -= 1) {
      for (const clip of [large, small]) {
        t.diagnostic(`new pictures ${await replaceFeeder(clip)} ms after the feeder's return`);
        const { format } = await sightline.camera(id);
        assert.deepEqual([format?.width, format?.height], [clip.width, clip.height]);
      }
    }
  });

  it("follows a feeder that begins anew in another size at once", async (t) => {
    for (const clip of [large, small]) {
      await feeder.end();
      feeder = await feedLoopback(vm, node, clip);
      const { startedNs } = await vm.run(["true"]);
      const picture = await viewer.pictureAfter(startedNs, 20_000, ({ width }) => width === clip.width);
      const waitedNs = BigInt(picture.atNs) - startedNs;
      t.diagnostic(`pictures of the new size ${Number(waitedNs / 1_000_000n)} ms after the feeder's return`);
      assert.ok(waitedNs < backWithinNs, `${waitedNs} ns`);
      assert.ok(viewer.connected);
    }
  });
});
