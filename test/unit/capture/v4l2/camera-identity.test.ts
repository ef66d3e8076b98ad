import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, rm, symlink, utimes, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { identifyCamera } from "../../../../src/capture/v4l2/camera-identity.ts";
import type { Clock } from "../../../../src/core/clock.ts";
import { FakeLibc } from "./fake-libc.ts";

describe("which physical camera is behind a node", () => {
  let dev = "";
  let node: FileHandle;
  const libc = new FakeLibc();
  beforeEach(async () => {
    dev = await mkdtemp(join(tmpdir(), "dev-"));
    for (const kind of ["by-id", "by-path"]) await mkdir(join(dev, "v4l", kind), { recursive: true });
    node = await open(join(dev, "video0"), "w");
    libc.open.add(node.fd);
  });
  afterEach(async () => {
    libc.open.clear();
    await node.close();
    await rm(dev, { recursive: true });
  });

  const link = (name: string, target = "video0"): Promise<void> => symlink(`../../${target}`, join(dev, "v4l", name));

  /** `aheadMs`: the time since the node was made. Each pause runs `onPause` and takes as long as it should. */
  async function identify(aheadMs: number, onPause = async (): Promise<void> => {}): Promise<[string, number]> {
    let nowMs = Date.now() + aheadMs;
    let pauses = 0;
    const clock: Clock = {
      monotonicNs: () => 0n,
      wallMs: () => nowMs,
      after(delayMs, callback) {
        pauses += 1;
        nowMs += delayMs;
        void (async () => {
          await onPause();
          callback();
        })();
        return () => {};
      },
    };
    return [await identifyCamera(libc, node.fd, clock, dev), pauses];
  }

  it("is told by the by-id name, else the port and what is there", async () => {
    assert.deepEqual(await identify(60_000), ["usb-1 Fake Camera", 0]);
    await link("by-path/pci-0-usb-0:1-video-index0");
    await link("by-path/other", "video1");
    assert.deepEqual(await identify(60_000), ["pci-0-usb-0:1-video-index0 Fake Camera", 0]);
    await link("by-id/usb-Maker_Model_2-video-index0");
    await link("by-id/usb-Maker_Model_1-video-index0", "video1");
    assert.deepEqual(await identify(60_000), ["usb-Maker_Model_2-video-index0", 0]);
  });

  it("waits for udev to name a new node, but not for long", async () => {
    const [identity, pauses] = await identify(0, async () => link("by-id/usb-A").catch(() => {}));
    assert.deepEqual([identity, pauses], ["usb-A", 1]);
    await rm(join(dev, "v4l/by-id/usb-A"));
    const [without, waited] = await identify(0);
    assert.equal(without, "usb-1 Fake Camera");
    assert.ok(waited >= 15 && waited <= 20, `${waited} pauses`);
  });

  it("does not take the name of the camera that was there before", async () => {
    await node.close();
    libc.open.clear();
    await rm(join(dev, "video0"));
    await link("by-id/usb-Before");
    await new Promise((resolve) => setTimeout(resolve, 20)); // the clock of file systems is coarse
    node = await open(join(dev, "video0"), "w");
    libc.open.add(node.fd);
    const renew = async (): Promise<void> => {
      await rm(join(dev, "v4l/by-id/usb-Before"), { force: true });
      await link("by-id/usb-After").catch(() => {});
    };
    assert.deepEqual(await identify(0, renew), ["usb-After", 1]);
  });

  it("takes an old name again when the node is settled: its times may have been changed since", async () => {
    await link("by-id/usb-A");
    await utimes(join(dev, "video0"), new Date(), new Date());
    assert.deepEqual(await identify(5_000), ["usb-A", 0]);
  });
});
