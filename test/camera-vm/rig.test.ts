import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeMjpegClip, feedLoopback, plugLoopback, plugVivid, UsbWebcam } from "../support/camera-vm-cameras.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";

describe("the camera VM", needingCameraVm(), () => {
  let vm: CameraVm;
  before(async () => {
    vm = await CameraVm.boot();
  });
  after(async () => vm.stop());

  it("runs commands, several at once, and tells how they ended", async () => {
    const waiting = vm.start(["bash", "-c", "echo first; until [ -e /tmp/go ]; do sleep 0.05; done; exit 3"]);
    await waiting.line(/^first$/m, 20_000);
    const { stdout, startedNs, endedNs } = await vm.shell("uname -r; touch /tmp/go");
    assert.match(stdout, /-amd64$/m);
    assert.ok(endedNs > startedNs);
    assert.equal((await waiting.finished(20_000)).code, 3);
    await assert.rejects(vm.shell("echo no >&2; exit 4"), /failed \(4\): no/);
    const sleeper = vm.start(["sleep", "1000"]);
    assert.equal((await sleeper.end()).signal, "SIGTERM");
  });

  it("forgets what the guest writes, except in the shared folder", async () => {
    const forgotten = join(vm.outDirectory, "../forgotten");
    writeFileSync(join(vm.outDirectory, "from-host"), "hello");
    await vm.shell(`cat ${vm.outDirectory}/from-host > ${vm.outDirectory}/from-guest; touch ${forgotten}`);
    assert.ok(existsSync(join(vm.outDirectory, "from-guest")));
    assert.ok(!existsSync(forgotten));
  });

  it("has vivid, single- and multi-planar, and v4l2loopback, fed or not", async () => {
    await plugVivid(vm, { planes: [1, 2] });
    await plugLoopback(vm);
    const caps = await vm.shell("for n in 0 1 10; do v4l2-ctl -d $n -D | grep -A1 'Device Caps'; done");
    assert.deepEqual(
      caps.stdout.split("\n").filter((line) => line.startsWith("\t\t")),
      ["\t\tVideo Capture", "\t\tVideo Capture Multiplanar", "\t\tVideo Capture"],
    );
    const feeder = await feedLoopback(vm, "/dev/video10", await makeMjpegClip(vm, 320, 240));
    await vm.run(["v4l2-ctl", "-d", "10", "--stream-mmap", "--stream-count=10"]);
    await feeder.end();
  });

  it("has a USB webcam that streams and can be pulled and plugged", async () => {
    const webcam = await UsbWebcam.make(vm, "RIG1");
    for (let plugs = 0; plugs < 2; plugs += 1) {
      await webcam.plug();
      const taken = "/tmp/taken.mjpeg";
      const format = "width=1280,height=720,pixelformat=MJPG";
      await vm.shell(
        `v4l2-ctl -d ${webcam.byId} --set-fmt-video=${format} -c brightness=-20 --stream-mmap --stream-count=10 --stream-to=${taken}
         ffmpeg -v error -xerror -f mjpeg -i ${taken} -f null -`,
      );
      assert.match(webcam.log, /^brightness=-20\nstreaming on\nstreaming off$/m);
      await webcam.pull();
      await vm.shell(`until [ ! -e ${webcam.byId} ]; do udevadm settle; done`);
    }
  });
});
