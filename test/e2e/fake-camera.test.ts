import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { readPictureStamp, splitYuyv } from "../bench/stamped-picture.ts";
import { createFakeCamera, fakeCameraEnvironment, type FakeCamera } from "../support/fake-camera.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { makeClip, type VideoClip } from "../support/video-clip.ts";

const tools = needing("gcc", "ffmpeg");
const width = 800;
const height = 64;

const clipOf = (fourcc: "MJPG" | "YUYV", fps: number): Promise<VideoClip> =>
  makeClip({ fourcc, width, height, fps, frames: 8 });

async function createCamera(t: TestContext, ...clips: readonly VideoClip[]): Promise<FakeCamera> {
  const camera = await createFakeCamera(clips);
  t.after(() => camera.remove());
  return camera;
}

interface Capture {
  readonly status: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** What a test does while ffmpeg captures. */
interface Interference {
  readonly onStart?: (pid: number) => Promise<void>;
  /** ffmpeg has written its first bytes. */
  readonly onOutput?: () => Promise<void>;
}

/** Runs ffmpeg on the camera. */
async function capture(
  camera: FakeCamera,
  args: readonly string[],
  { onStart, onOutput }: Interference = {},
): Promise<Capture> {
  const env = { ...process.env, ...(await fakeCameraEnvironment(camera)) };
  const input = ["-v", "error", "-f", "v4l2", ...args];
  const child = spawn("ffmpeg", input, { env, stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const closed = once(child, "close");
  await onStart?.(child.pid ?? 0);
  if (onOutput) child.stdout.once("data", () => void onOutput());
  const [status] = (await closed) as [number];
  return { status, output: Buffer.concat(output), errors };
}

const copyOf = (camera: FakeCamera, format: string): string[] => {
  const output = ["-c", "copy", "-flush_packets", "1"];
  return ["-input_format", format, "-i", camera.path, ...output];
};

test("a program sees every frame of a raw camera, numbered and stamped with its time", tools, async (t) => {
  const camera = await createCamera(t, await clipOf("YUYV", 50));
  const args = [...copyOf(camera, "yuyv422"), "-frames:v", "10", "-f", "rawvideo", "-"];
  const { output } = await capture(camera, args);
  const size = width * height * 2;
  assert.equal(output.length, 10 * size);
  const stamps = Array.from({ length: 10 }, (_, index) =>
    readPictureStamp(splitYuyv(output.subarray(index * size, (index + 1) * size)).luma, width),
  );
  for (const [index, stamp] of stamps.slice(1).entries()) {
    const before = stamps[index];
    assert.ok(before && stamp.sequence > before.sequence, "the numbers rise");
    assert.ok(stamp.captureNs > before.captureNs, "time passes");
  }
});

test("one camera offers all its modes", tools, async (t) => {
  const camera = await createCamera(t, await clipOf("MJPG", 30), await clipOf("YUYV", 50));
  const { errors } = await capture(camera, ["-list_formats", "all", "-v", "info", "-i", camera.path]);
  assert.match(errors, /Compressed:\s+mjpeg : .* : 800x64/);
  assert.match(errors, /Raw\s+:\s+yuyv422 : .* : 800x64/);
});

test("an unplugged camera fails a running capture and cannot be opened until it is back", tools, async (t) => {
  const camera = await createCamera(t, await clipOf("MJPG", 50));
  const args = [...copyOf(camera, "mjpeg"), "-f", "mjpeg", "-"];
  const running = await capture(camera, args, { onOutput: () => camera.unplug() });
  assert.match(running.errors, /No such device/);
  const gone = await capture(camera, args);
  assert.match(gone.errors, /No such file or directory/);
  await camera.plug();
  const back = await capture(camera, [...copyOf(camera, "mjpeg"), "-frames:v", "2", "-f", "mjpeg", "-"]);
  assert.equal(back.status, 0);
  assert.ok(back.output.length > 0);
});

/** Resolves when the camera's own thread runs in the process: its stream is on. */
function streaming(pid: number): Promise<true> {
  return until(() => {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.some((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").startsWith("fake-camera"));
  }, "a running stream");
}

test("a stalled camera is open and delivers nothing until it resumes", tools, async (t) => {
  const camera = await createCamera(t, await clipOf("YUYV", 50));
  await camera.stall();
  let resumedNs = 0n;
  const args = [...copyOf(camera, "yuyv422"), "-frames:v", "1", "-f", "rawvideo", "-"];
  const { output } = await capture(camera, args, {
    onStart: async (pid) => {
      await streaming(pid);
      resumedNs = process.hrtime.bigint();
      await camera.resume();
    },
  });
  assert.ok(readPictureStamp(splitYuyv(output).luma, width).captureNs >= resumedNs);
});
