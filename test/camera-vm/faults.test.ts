import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { disconnectVivid, plugVivid, rebindVivid, unbindVivid, vividPath } from "../support/camera-vm-cameras.ts";
import { GuestSightline, type GuestViewer, type HeldResources, type StateLog } from "../support/camera-vm-sightline.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";
import { fullCount } from "../support/full-count.ts";
import { until } from "../support/wait.ts";

const id = "vivid";
/** New pictures within this time of the camera's return. */
const backWithinNs = 5_000_000_000n;
/** Growth of the server that is no leak: the heap breathes. */
const breathKib = 24 * 1024;

describe("a camera that fails, on a real kernel", needingCameraVm(), () => {
  let vm: CameraVm;
  let sightline: GuestSightline;
  let viewer: GuestViewer;
  let states: StateLog;
  before(async () => {
    vm = await CameraVm.boot();
    await plugVivid(vm);
    const picture = { format: "yuyv", width: 640, height: 360, fps: 10 };
    const camera = { id, device: vividPath, lingerSeconds: 0.5, ...picture, controls: { brightness: 140, mute: true } };
    sightline = await GuestSightline.serve(vm, { cameras: [camera] });
    states = await sightline.watchStates();
    viewer = await sightline.watch(`/cameras/${id}/stream`);
    await viewer.pictureAfter(0n);
  });
  after(async () => vm.stop());

  /** Sets controls of the camera beside the server. Resolves to the guest's monotonic time when it began, in ns. */
  async function inject(values: string): Promise<bigint> {
    return (await vm.run(["v4l2-ctl", "-d", vividPath, "-c", values])).startedNs;
  }

  /** The viewer, still connected, sees new pictures soon after `returnedNs`, and the API tells so. */
  async function isBack(t: TestContext, returnedNs: bigint): Promise<void> {
    const picture = await viewer.pictureAfter(returnedNs);
    const waitedNs = BigInt(picture.atNs) - returnedNs;
    t.diagnostic(`new pictures ${Number(waitedNs / 1_000_000n)} ms after the camera's return`);
    assert.ok(waitedNs < backWithinNs, `${waitedNs} ns`);
    assert.ok(viewer.connected);
    assert.equal((await sightline.camera(id)).state, "live");
  }

  /** Nothing more is open, mapped or resident than at `first`, once connections that idle are closed and the heap is tidy. */
  async function holdsNoMore(t: TestContext, first: HeldResources): Promise<void> {
    let now = first;
    const tidy = until(async () => {
      now = await sightline.resources();
      const { descriptors, videoMappings, residentKib } = now;
      const isResident = residentKib < first.residentKib + breathKib;
      return descriptors <= first.descriptors && videoMappings === first.videoMappings && isResident;
    }, "the server to let go");
    await tidy.finally(() => t.diagnostic(`before ${JSON.stringify(first)}, after ${JSON.stringify(now)}`));
  }

  /** Does `act` as often as the issue asks for (or a twentieth), and looks for what was left behind. */
  async function repeat(t: TestContext, full: number, what: string, act: () => Promise<void>): Promise<void> {
    await act();
    const first = await sightline.resources();
    for (let left = fullCount(t, full, what); left > 0; left -= 1) await act();
    await holdsNoMore(t, first);
  }

  it("drops pictures that the driver flags as broken, and goes on", async (t) => {
    await repeat(t, 5, "broken pictures", async () => {
      const before = (await sightline.camera(id)).drops["error-flag"] ?? NaN;
      const atNs = await inject("inject_v4l2_buf_flag_error=1");
      await viewer.countAfter(atNs, 3);
      const camera = await sightline.camera(id);
      assert.equal(camera.drops["error-flag"], before + 1);
      assert.deepEqual(
        states.since(atNs, id).map(({ state }) => state),
        [],
      );
    });
  });

  for (const fault of ["inject_fatal_streaming_error=1", "inject_vidioc_qbuf_error=1"]) {
    it(`survives ${fault}`, async (t) => {
      await repeat(t, 5, fault, async () => {
        const atNs = await inject(fault);
        const failed = await states.reached(id, "lost", atNs);
        assert.match(failed.reason, new RegExp(vividPath));
        await states.reached(id, "live", BigInt(failed.atNs));
        await isBack(t, BigInt(failed.atNs));
      });
    });
  }

  for (const fault of ["inject_vidioc_reqbufs_error=1", "inject_vidioc_streamon_error=1"]) {
    it(`survives ${fault} while it opens the camera again`, async (t) => {
      await repeat(t, 5, fault, async () => {
        const atNs = await inject(`${fault},inject_fatal_streaming_error=1`);
        const syscall = fault.includes("reqbufs") ? "REQBUFS" : "STREAMON";
        const failed = await states.reached(id, "lost", atNs, 15_000, new RegExp(`VIDIOC_${syscall}`));
        await states.reached(id, "live", BigInt(failed.atNs));
        await isBack(t, BigInt(failed.atNs));
      });
    });
  }

  it("tells a camera that sends nothing any more, and sees it come back", async (t) => {
    await repeat(t, 5, "silence", async () => {
      const atNs = await inject("percentage_of_dropped_buffers=100");
      const stalled = await states.reached(id, "stalled", atNs);
      assert.match(stalled.reason, /no frame for \d+\.\d s/);
      const returnedNs = await inject("percentage_of_dropped_buffers=0");
      await isBack(t, returnedNs);
    });
  });

  it("counts what the driver lost", async () => {
    const before = (await sightline.camera(id)).drops["sequence-gap"] ?? NaN;
    await inject("percentage_of_dropped_buffers=50");
    const atNs = (await vm.run(["true"])).startedNs;
    await viewer.countAfter(atNs, 15);
    await inject("percentage_of_dropped_buffers=0");
    assert.ok(((await sightline.camera(id)).drops["sequence-gap"] ?? NaN) > before);
    assert.ok(viewer.connected);
  });

  it("sees a camera that was unplugged and plugged in again", async (t) => {
    await repeat(t, 50, "unplugged and plugged in", async () => {
      const atNs = await disconnectVivid(vm);
      const lost = await states.reached(id, "lost", atNs);
      assert.match(lost.reason, /is not there: unplugged\?/);
      const readiness = await fetch(`${sightline.origin}/readyz`);
      assert.equal(readiness.status, 503);
      assert.match(await readiness.text(), new RegExp(`${id}.*unplugged`, "s"));
      await isBack(t, await rebindVivid(vm));
    });
  });

  it("sets the controls again after it was plugged in", async (t) => {
    const response = await fetch(`${sightline.origin}/api/cameras/${id}/controls`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        contrast: 77,
        menu: 4,
        string: "abc",
        integer_64_bits: "-9007199254740993",
        boolean: false,
      }),
    });
    assert.equal(response.status, 200, await response.text());
    const expected = [
      ["brightness", "140"],
      ["contrast", "77"],
      ["mute", "1"],
      ["boolean", "0"],
      ["menu", "4 (Menu Item 4)"],
      ["string", "'abc'"],
      ["integer_64_bits", "-9007199254740993"],
    ] as const;
    const readBack = async (): Promise<string> =>
      (await vm.run(["v4l2-ctl", "-d", vividPath, "-C", expected.map(([name]) => name).join(",")])).stdout;
    const told = expected.map(([name, value]) => `${name}: ${value}\n`).join("");
    assert.equal(await readBack(), told);
    await disconnectVivid(vm);
    await isBack(t, await rebindVivid(vm));
    assert.equal(await readBack(), told);
  });

  it("notices within 2 s, without opening it, that an idle camera is unplugged and back", async () => {
    await viewer.leave();
    await states.reached(id, "idle", (await vm.run(["true"])).startedNs, 15_000);
    const pulledNs = await unbindVivid(vm);
    const lost = await states.reached(id, "lost", pulledNs - 2_000_000_000n);
    assert.ok(BigInt(lost.atNs) - pulledNs < 2_500_000_000n);
    const returnedNs = await rebindVivid(vm);
    const idle = await states.reached(id, "idle", returnedNs - 2_000_000_000n);
    assert.ok(BigInt(idle.atNs) < returnedNs + 2_500_000_000n);
    const { videoMappings } = await sightline.resources();
    assert.equal(videoMappings, 0);
  });
});
