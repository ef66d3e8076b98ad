import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { buffer as readAll, text as readText } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { compileNative } from "../support/compile-native.ts";
import { createFakeCamera, fakeCameraEnvironment, type FakeCamera } from "../support/fake-camera.ts";
import { readAccessUnitStamps } from "../support/h264-stamp.ts";
import { cleanEnvironment, sightlineProgram } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { makeClip } from "../support/video-clip.ts";

const tools = needing("gcc", "ffmpeg");
const size = { width: 320, height: 240 } as const;

/** Three groups of five in its clip, unless told otherwise. */
async function createCamera(t: TestContext, gopFrames = 5, fps = 50): Promise<FakeCamera> {
  const shape = { ...size, fps, frames: 3 * gopFrames, gopFrames } as const;
  const camera = await createFakeCamera([await makeClip({ ...shape, fourcc: "H264" })]);
  t.after(() => camera.remove());
  return camera;
}

/** What a program printed while it saw the camera. */
async function runBeside(
  camera: FakeCamera,
  program: string,
  args: readonly string[],
): Promise<{ readonly output: Buffer; readonly errors: string }> {
  const env = { ...cleanEnvironment(), ...(await fakeCameraEnvironment(camera)) };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors] = await Promise.all([readAll(child.stdout), readText(child.stderr)]);
  return { output, errors };
}

interface Captured {
  readonly type: string;
  readonly sizeBytes: number;
  readonly sequence: number;
  readonly captureNs: bigint;
}

/** `frames` buffers; after so many of them a keyframe is asked for, or the stream is stopped and started again. */
async function watch(camera: FakeCamera, frames: number, { forceAfter = 0, restartAfter = 0 } = {}) {
  const program = await compileNative({ name: "watch-h264", sources: ["test/support/native/watch-h264.c"] });
  const { output, errors } = await runBeside(camera, program, [
    camera.path,
    ...[frames, forceAfter, restartAfter].map(String),
  ]);
  const buffers = errors.split("\n").flatMap((line): Captured[] => {
    const [type = "", size, sequence, ns] = line.split(" ");
    return ns === undefined
      ? []
      : [{ type, sizeBytes: Number(size), sequence: Number(sequence), captureNs: BigInt(ns) }];
  });
  assert.equal(buffers.length, frames, errors);
  return { output, buffers, types: buffers.map(({ type }) => type).join("") };
}

test("each access unit carries its buffer's time and number, and says whether it is a keyframe", tools, async (t) => {
  const camera = await createCamera(t);
  const { output, buffers, types } = await watch(camera, 13);
  assert.equal(types, "KPPPPKPPPPKPP");
  let at = 0;
  for (const { sizeBytes, sequence, captureNs } of buffers) {
    const [stamp, ...more] = readAccessUnitStamps(output.subarray(at, (at += sizeBytes)));
    assert.ok(stamp && more.length === 0, "one stamp");
    assert.equal(stamp.sequence, sequence);
    assert.equal(stamp.captureNs / 1000n, captureNs / 1000n); // the driver's time has microseconds
  }
  assert.ok(new Set(buffers.map(({ sizeBytes }) => sizeBytes)).size > 5, "of many sizes");
});

test(
  "what it delivers is H.264 without B-frames that decodes without an error, also around the clip's end",
  tools,
  async (t) => {
    const camera = await createCamera(t);
    const { output } = await watch(camera, 30);
    const decoded = await runTool(
      "ffprobe",
      [
        "-v",
        "error",
        "-err_detect",
        "explode",
        "-f",
        "h264",
        "-show_entries",
        "frame=pict_type",
        "-of",
        "csv=p=0",
        "-",
      ],
      output,
    );
    const types = decoded.toString().replaceAll(/[^IPB]/g, "");
    assert.equal(types, "IPPPP".repeat(6));
  },
);

test("a keyframe that is asked for comes before its time, and the stream goes on from there", tools, async (t) => {
  const camera = await createCamera(t, 60, 25);
  const { output, types } = await watch(camera, 30, { forceAfter: 3 });
  assert.match(types, /^KPP(P*)K(P*)$/);
  await runTool("ffmpeg", ["-v", "error", "-xerror", "-f", "h264", "-i", "-", "-f", "null", "-"], output);
});

test("a stream begins with a keyframe, wherever the one before it ended", tools, async (t) => {
  const camera = await createCamera(t);
  const { types } = await watch(camera, 12, { restartAfter: 3 });
  assert.equal(types, "KPPKPPPPKPPP");
});

test("its encoder has controls; a camera without H.264 has none", tools, async (t) => {
  const camera = await createCamera(t);
  const list = async (of: FakeCamera): Promise<string> => {
    const { output } = await runBeside(of, process.execPath, [sightlineProgram(), "controls", of.path]);
    return output.toString();
  };
  const listed = await list(camera);
  for (const line of [
    /video_bitrate: 10000000 +# integer, 25000 to 25000000, step 25000, default 10000000/,
    /repeat_sequence_header: false/,
    /force_key_frame: true +# button/,
    /h264_i_frame_period: 60 +# integer/,
    /h264_level: 11 +# menu, .* 11 = 4, 12 = 4\.1/,
    /h264_profile: 4 +# menu, .* 2 = Main, 4 = High/,
  ]) {
    assert.match(listed, line);
  }
  const plain = await createFakeCamera([await makeClip({ ...size, fps: 60, frames: 8, fourcc: "MJPG" })]);
  t.after(() => plain.remove());
  const others = await list(plain);
  assert.match(others, /brightness: 128/);
  assert.doesNotMatch(others, /bitrate|key_frame|h264/);
});
