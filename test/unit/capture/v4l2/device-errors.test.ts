import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DeviceError } from "../../../../src/core/errors.ts";
import { toDeviceError } from "../../../../src/capture/v4l2/device-errors.ts";
import { findHolders } from "../../../../src/capture/v4l2/device-holders.ts";
import { isSystemCallError, SystemCallError } from "../../../../src/capture/v4l2/system-call-error.ts";

const { errno } = constants;

describe("errors of a device", () => {
  it("are told in plain words", async () => {
    const table: readonly (readonly [number, string, RegExp])[] = [
      [errno.ENODEV, "gone", /^\/dev\/nope is not there: unplugged\?$/],
      [errno.ENOENT, "gone", /not there/],
      [errno.EBUSY, "busy", /^\/dev\/nope is in use/],
      [errno.EACCES, "permission", /^no permission to open \/dev\/nope/],
      [errno.ENOSPC, "bandwidth", /no room on the USB bus for \/dev\/nope: .* format mjpeg/],
      [errno.ENOTTY, "unsupported", /is not a video device/],
      [errno.EPROTO, "failed", /another cable .*\(EPROTO from VIDIOC_X\)/],
      [121, "failed", /EREMOTEIO/],
      [9999, "failed", /failed: E9999 from VIDIOC_X/],
    ];
    for (const [number, code, words] of table) {
      const cause = new SystemCallError("VIDIOC_X", number);
      const error = await toDeviceError(cause, "/dev/nope");
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.equal(error.cause, cause);
    }
  });

  it("stay what they are when they are told already", async () => {
    const error = new DeviceError("format", "no");
    assert.equal(await toDeviceError(error, "/dev/x"), error);
    assert.equal((await toDeviceError(new Error("odd"), "/dev/x")).message, "/dev/x failed: odd");
  });

  it("name the group that may open the device", async () => {
    const error = await toDeviceError(new SystemCallError("open", errno.EACCES), "/dev/null");
    assert.match(error.message, /group/);
  });

  it("are told apart by code", () => {
    const error = new SystemCallError("open", errno.EBUSY);
    assert.ok(isSystemCallError(error) && isSystemCallError(error, "EIO", "EBUSY"));
    assert.equal(isSystemCallError(error, "EIO") || isSystemCallError(new Error("x")), false);
  });
});

describe("holders of a device", () => {
  it("are found by the descriptors of other processes", async () => {
    const proc = await mkdtemp(join(tmpdir(), "proc-"));
    const device = join(proc, "video0");
    await writeFile(device, "");
    for (const [pid, target] of [
      ["812", device],
      ["813", "/dev/null"],
      [String(process.pid), device],
    ] as const) {
      await mkdir(join(proc, pid, "fd"), { recursive: true });
      await symlink(target, join(proc, pid, "fd/3"));
      await writeFile(join(proc, pid, "comm"), "motion\n");
    }
    await mkdir(join(proc, "814")); // ended while we looked
    const link = join(proc, "by-id");
    await symlink(device, link);
    assert.deepEqual(await findHolders(link, proc), { holders: [{ pid: 812, name: "motion" }], complete: true });
    await rm(proc, { recursive: true });
  });
});
