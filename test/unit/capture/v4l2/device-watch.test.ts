import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { DeviceError } from "../../../../src/core/errors.ts";
import { silentLog } from "../../../../src/core/log.ts";
import { DeviceWatch } from "../../../../src/capture/v4l2/device-watch.ts";
import type { DeviceCapability } from "../../../../src/capture/v4l2/devices.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { until } from "../../../support/wait.ts";

const capability: DeviceCapability = { driver: "uvcvideo", card: "Cam", busInfo: "usb-1", multiplanar: false };

describe("watch over the devices", () => {
  let dev = "";
  let clock = new FakeClock();
  let told: string[] = [];
  let probed: string[] = [];
  let probe: (node: string) => DeviceCapability | undefined = () => capability;
  let watch: DeviceWatch;

  beforeEach(async () => {
    dev = await mkdtemp(join(tmpdir(), "dev-"));
    clock = new FakeClock();
    told = [];
    probed = [];
    probe = () => capability;
    watch = new DeviceWatch({
      clock,
      log: silentLog,
      devDirectory: dev,
      probe: async (node) => {
        await Promise.resolve();
        probed.push(node.slice(dev.length + 1));
        return probe(node);
      },
      onAdded: ({ id, path }) => told.push(`+${id} ${path.slice(dev.length + 1)}`),
      onRemoved: ({ id }) => told.push(`-${id}`),
    });
  });

  afterEach(async () => {
    await watch.stop();
    await rm(dev, { recursive: true });
  });

  async function plug(name: string, link?: string): Promise<void> {
    await writeFile(join(dev, name), "");
    if (link !== undefined) await linkTo(name, link);
  }

  async function linkTo(name: string, link: string, directory = "by-id"): Promise<void> {
    await mkdir(join(dev, "v4l", directory), { recursive: true });
    await symlink(`../../${name}`, join(dev, "v4l", directory, link));
  }

  /** Lets `ms` pass in steps, each with all its file operations done. */
  async function pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 100) {
      await clock.advance(100);
      await until(() => clock.pending > 0, "the next look");
    }
  }

  it("tells what is there when it starts, at once", async () => {
    await plug("video2", "usb-Acme_Two-video-index0");
    await plug("video0");
    await plug("video10");
    await plug("videodev");
    await watch.start();
    assert.deepEqual(told, [
      "+cam-usb-1 video0",
      "+acme-two v4l/by-id/usb-Acme_Two-video-index0",
      "+cam-usb-1-2 video10",
    ]);
    assert.equal(watch.devices.length, 3);
  });

  it("tells within two seconds what comes and goes, opening each node once", async () => {
    await watch.start();
    await plug("video0");
    await pass(1_900);
    assert.deepEqual(told, ["+cam-usb-1 video0"]);
    await pass(5_000);
    assert.deepEqual(probed, ["video0"]);
    await rm(join(dev, "video0"));
    await pass(1_000);
    assert.deepEqual(told, ["+cam-usb-1 video0", "-cam-usb-1"]);
  });

  it("waits for udev's name", async () => {
    await watch.start();
    await plug("video0");
    await pass(900);
    assert.deepEqual(told, []);
    await linkTo("video0", "usb-Acme_Slow-video-index0");
    await pass(300);
    assert.deepEqual(told, ["+acme-slow v4l/by-id/usb-Acme_Slow-video-index0"]);
  });

  it("waits for the by-id name when udev has made only the by-path one", async () => {
    await watch.start();
    await plug("video0");
    await linkTo("video0", "pci-0000:00:14.0-usb-0:1:1.0-video-index0", "by-path");
    await pass(900);
    assert.deepEqual(told, []);
    await linkTo("video0", "usb-Acme_Slow-video-index0");
    await pass(300);
    assert.deepEqual(told, ["+acme-slow v4l/by-id/usb-Acme_Slow-video-index0"]);
  });

  it("takes the by-path name where no other one comes", async () => {
    await watch.start();
    await plug("video0");
    await linkTo("video0", "platform-camera-video-index0", "by-path");
    await pass(1_900);
    assert.deepEqual(told, ["+platform-camera v4l/by-path/platform-camera-video-index0"]);
  });

  it("waits at the start for the name of a node that has just been made", async () => {
    await plug("video0");
    const { birthtimeMs } = await stat(join(dev, "video0"));
    clock.wallMs = () => birthtimeMs + 100;
    await watch.start();
    assert.deepEqual(told, []);
    await linkTo("video0", "usb-Acme_Boot-video-index0");
    await pass(300);
    assert.deepEqual(told, ["+acme-boot v4l/by-id/usb-Acme_Boot-video-index0"]);
  });

  it("takes a node that was replaced between two looks for a new camera", async () => {
    await plug("video0");
    await watch.start();
    await plug("new");
    await rename(join(dev, "new"), join(dev, "video0"));
    await pass(1_900);
    assert.deepEqual(told, ["+cam-usb-1 video0", "-cam-usb-1", "+cam-usb-1 video0"]);
  });

  it("skips what is no camera, and asks it once only", async () => {
    probe = () => undefined;
    await plug("video1");
    await watch.start();
    await pass(3_000);
    assert.deepEqual(told, []);
    assert.deepEqual(probed, ["video1"]);
  });

  it("asks again while it may not open the node", async () => {
    probe = () => {
      throw new DeviceError("permission", "no");
    };
    await plug("video0");
    await watch.start();
    assert.deepEqual(told, []);
    probe = () => capability;
    await pass(1_500);
    assert.deepEqual(told, ["+cam-usb-1 video0"]);
  });

  it("leaves no timer behind", async () => {
    await watch.start();
    await watch.stop();
    assert.equal(clock.pending, 0);
  });
});
