import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { feedLoopback, makeMjpegClip, plugLoopback, plugVivid } from "../support/camera-vm-cameras.ts";
import { GuestSightline } from "../support/camera-vm-sightline.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";

const exec = promisify(execFile);

/** One camera for each raw format that the product supports, and two of memory planes of their own. */
const rawCameras = [
  { format: "yuyv", planes: 1, fourcc: "YUYV" },
  { format: "uyvy", planes: 1, fourcc: "UYVY" },
  { format: "nv12", planes: 1, fourcc: "NV12" },
  { format: "yu12", planes: 1, fourcc: "YU12" },
  { format: "rgb24", planes: 1, fourcc: "RGB3" },
  { format: "bgr24", planes: 1, fourcc: "BGR3" },
  { format: "grey", planes: 1, fourcc: "GREY" },
  { format: "yuyv", planes: 2, fourcc: "YUYV" },
  { format: "nv12", planes: 2, fourcc: "NV12" },
] as const;

const [width, height] = [640, 360];
/** vivid's test picture: 75 % colour bars, left to right. */
const bars = [
  [191, 191, 191],
  [191, 191, 0],
  [0, 191, 191],
  [0, 191, 0],
  [191, 0, 191],
  [191, 0, 0],
  [0, 0, 191],
  [0, 0, 0],
] as const;

describe("pictures over HTTP from a real kernel's cameras", needingCameraVm(), () => {
  let vm: CameraVm;
  let sightline: GuestSightline;
  before(async () => {
    vm = await CameraVm.boot();
    await plugVivid(vm, { planes: rawCameras.map(({ planes }) => planes) });
    await plugLoopback(vm);
    await feedLoopback(vm, "/dev/video10", await makeMjpegClip(vm, 1280, 720));
    const raw = rawCameras.map(({ format }, index) => ({
      id: `raw-${index}`,
      device: `/dev/video${index}`,
      format,
      width,
      height,
      fps: 10,
      lingerSeconds: 0.5,
    }));
    const loop = { id: "loop", device: "/dev/video10", lingerSeconds: 0.5 };
    sightline = await GuestSightline.serve(vm, { cameras: [...raw, loop] });
  });
  after(async () => vm.stop());

  /** Reads `frames` pictures of a stream with ffmpeg on the host; rejects when one cannot be decoded. */
  async function decodeStream(id: string, frames: number): Promise<void> {
    const url = `${sightline.origin}/cameras/${id}/stream`;
    const input = ["-v", "error", "-xerror", "-err_detect", "explode", "-f", "mpjpeg", "-i", url];
    const { stdout } = await exec("ffmpeg", [...input, "-frames:v", `${frames}`, "-f", "framemd5", "-"], {
      timeout: 60_000,
    });
    const sums = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.equal(sums.length, frames);
  }

  async function decodeSnapshot(id: string): Promise<Buffer> {
    const url = `${sightline.origin}/cameras/${id}/snapshot.jpg`;
    const { stdout } = await exec("ffmpeg", ["-v", "error", "-i", url, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], {
      encoding: "buffer",
      maxBuffer: 16 * 1024 * 1024,
      timeout: 60_000,
    });
    return stdout;
  }

  for (const [index, { format, planes, fourcc }] of rawCameras.entries()) {
    const name = `${format} from a ${planes === 1 ? "single" : "multi"}-planar device`;
    it(`serves ${name} in the right colours`, async (t) => {
      await decodeStream(`raw-${index}`, 3);
      const picture = await decodeSnapshot(`raw-${index}`);
      assert.equal(picture.length, width * height * 3);
      const colours = bars.map((_, bar) => meanColour(picture, bar));
      t.diagnostic(colours.map((colour) => colour.join(",")).join(" "));
      for (const [bar, colour] of bars.entries()) {
        const expected = format === "grey" ? grey(colour) : colour;
        const distance = expected.map((value, channel) => Math.abs(value - (colours[bar]?.[channel] ?? NaN)));
        assert.ok(Math.max(...distance) <= 16, `bar ${bar}: ${String(colours[bar])} instead of ${String(expected)}`);
      }
      const camera = await sightline.camera(`raw-${index}`);
      assert.equal(camera.format?.pixelFormat, fourcc);
    });
  }

  it("serves MJPEG from v4l2loopback at full size and rate", async () => {
    await decodeStream("loop", 30);
    const camera = await sightline.camera("loop");
    assert.deepEqual([camera.format?.pixelFormat, camera.format?.width, camera.format?.height], ["MJPG", 1280, 720]);
  });

  it("lets go of every camera after the linger", async () => {
    const devices = "/dev/video{0..8} /dev/video10";
    await vm.shell(
      `holds() { ls -l /proc/${sightline.pid}/fd | grep -q ' /dev/video'; }
       for n in $(seq 100); do holds || exit 0; sleep 0.1; done
       ls -l /proc/${sightline.pid}/fd ${devices} >&2; exit 1`,
    );
    const states = (await sightline.cameras()).map(({ id, state }) => [id, state]);
    assert.deepEqual(new Set(states.map(([, state]) => state)), new Set(["idle"]), JSON.stringify(states));
    await vm.shell("v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=1");
  });

  it("names the process that has the camera", async () => {
    const holder = vm.start(["v4l2-ctl", "-d", "/dev/video0", "--stream-mmap", "--stream-poll"]);
    await holder.until(() => (/</.test(holder.stderr + holder.stdout) ? true : undefined), 20_000, "to stream");
    const response = await fetch(`${sightline.origin}/cameras/raw-0/snapshot.jpg`);
    assert.equal(response.status, 503);
    const words = new RegExp(`/dev/video0 is in use by v4l2-ctl \\(pid ${holder.pid}\\)`);
    assert.match(await response.text(), words);
    const { state, reason } = await sightline.camera("raw-0");
    assert.equal(state, "lost");
    assert.match(reason, words);
    await holder.end();
    await decodeStream("raw-0", 2);
  });

  it("stops within 3 s and leaves no camera open", async () => {
    const viewer = await sightline.watch("/cameras/loop/stream");
    await viewer.pictureAfter(0n);
    const { startedNs } = await vm.run(["true"]);
    const { code, endedNs } = await sightline.stop();
    assert.equal(code, 0);
    assert.ok(Number(endedNs - startedNs) < 3.5e9, `${Number(endedNs - startedNs) / 1e9} s`);
  });
});

/** The mean of a patch in the middle of a bar, away from vivid's text. */
function meanColour(picture: Buffer, bar: number): number[] {
  const [left, top, size] = [Math.round(((bar + 0.5) * width) / bars.length) - 8, Math.round(height * 0.8), 16];
  const sums = [0, 0, 0];
  for (let y = top; y < top + size; y += 1) {
    for (let x = left; x < left + size; x += 1) {
      for (const channel of [0, 1, 2])
        sums[channel] = (sums[channel] ?? 0) + (picture[(y * width + x) * 3 + channel] ?? 0);
    }
  }
  return sums.map((sum) => Math.round(sum / size ** 2));
}

function grey([red, green, blue]: readonly [number, number, number]): readonly number[] {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue; // as vivid does
  return [luma, luma, luma];
}
