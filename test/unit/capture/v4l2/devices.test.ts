import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DeviceError } from "../../../../src/core/errors.ts";
import { listCaptureDevices, probeNode, resolveDevice } from "../../../../src/capture/v4l2/devices.ts";
import { FakeLibc } from "./fake-libc.ts";

describe("capture devices", () => {
  let dev = "";
  beforeEach(async () => {
    dev = await mkdtemp(join(tmpdir(), "dev-"));
  });
  afterEach(() => rm(dev, { recursive: true }));

  it("are told by the capabilities of their own node", async () => {
    const capture = 0x0420_0001;
    const table: readonly (readonly [what: string, caps: number, multiplanar: boolean | undefined])[] = [
      ["capture", capture, false],
      ["multi-planar capture", 0x0420_1000, true],
      ["capture and output in one, as v4l2loopback", capture | 2, false],
      ["metadata", 0x04a0_0000, undefined],
      ["output", 0x0420_0002, undefined],
      ["memory to memory", 0x0420_8000 | 1, undefined],
      ["memory to memory, multi-planar", 0x0420_4000 | 0x1000, undefined],
      ["capture by read() only", 0x0120_0001, undefined],
    ];
    for (const [what, caps, multiplanar] of table) {
      const libc = new FakeLibc();
      libc.deviceCaps = caps;
      assert.equal((await probeNode(libc, "/dev/video0"))?.multiplanar, multiplanar, what);
      assert.equal(libc.open.size, 0);
    }
  });

  it("are listed by number, with udev's names where there are some", async () => {
    for (const name of ["video10", "video2", "video", "vbi0", "media0"]) await writeFile(join(dev, name), "");
    await mkdir(join(dev, "v4l/by-path"), { recursive: true });
    await symlink("../../video10", join(dev, "v4l/by-path/platform-csi-video-index0"));
    const { devices, unusable } = await listCaptureDevices(new FakeLibc(), dev);
    assert.deepEqual(
      devices.map(({ id, name, node, path }) => [id, name, node.slice(dev.length), path.slice(dev.length)]),
      [
        ["fake-camera-usb-1", "Fake Camera", "/video2", "/video2"],
        ["platform-csi", "Fake Camera", "/video10", "/v4l/by-path/platform-csi-video-index0"],
      ],
    );
    assert.deepEqual(unusable, []);
  });

  it("are none where the node has no device behind it, and unusable where it may not be opened", async () => {
    await writeFile(join(dev, "video0"), "");
    const libc = new FakeLibc();
    libc.failing.set("open", "ENODEV");
    assert.deepEqual(await listCaptureDevices(libc, dev), { devices: [], unusable: [] });
    libc.failing.set("open", "EACCES");
    const { devices, unusable } = await listCaptureDevices(libc, dev);
    assert.deepEqual(devices, []);
    assert.equal(unusable[0]?.error.code, "permission");
  });

  it("are found by any path", async () => {
    await writeFile(join(dev, "video0"), "");
    await symlink("video0", join(dev, "my-camera"));
    assert.equal(await resolveDevice(join(dev, "my-camera")), join(dev, "video0"));
    await assert.rejects(
      () => resolveDevice(join(dev, "other")),
      (error) => error instanceof DeviceError && error.code === "gone",
    );
  });
});
