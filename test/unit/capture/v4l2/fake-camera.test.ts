import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { createFakeCamera, fakeCameraEnvironment, type FakeCamera } from "../../../support/fake-camera.ts";
import { needing } from "../../../support/tool.ts";
import { makeClip } from "../../../support/video-clip.ts";
import type { CaptureRun } from "./capture-child.ts";

/** The real source, libc and koffi, on a camera preloaded into a process of its own. */
describe("V4L2 source on a preloaded camera", needing("gcc", "ffmpeg"), () => {
  let camera: FakeCamera;

  before(async () => {
    camera = await createFakeCamera([
      await makeClip({ fourcc: "MJPG", width: 320, height: 240, fps: 60, frames: 8 }),
      await makeClip({ fourcc: "YUYV", width: 160, height: 120, fps: 30, frames: 4 }),
    ]);
  });

  after(() => camera.remove());

  /** Runs captures in a child; `onStreaming` is called at the first frame of each. */
  async function capture(runs: number, frames: number, onStreaming?: () => Promise<void>): Promise<CaptureRun[]> {
    const script = join(import.meta.dirname, "capture-child.js");
    const child = spawn(process.execPath, [script, camera.path, String(runs), String(frames)], {
      env: { ...process.env, ...(await fakeCameraEnvironment(camera)) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const done: CaptureRun[] = [];
    for await (const line of createInterface(child.stdout)) {
      if (line === "streaming") await onStreaming?.();
      else done.push(JSON.parse(line) as CaptureRun);
    }
    return done;
  }

  /** No run left more behind than the one before it. */
  function assertNothingLeft(runs: readonly CaptureRun[]): void {
    for (const { descriptors, mappings } of runs) {
      assert.deepEqual([descriptors, mappings], [runs[0]?.descriptors, runs[0]?.mappings]);
    }
  }

  it("captures frames, and leaves no descriptor or mapping behind, run for run", async () => {
    const runs = await capture(6, 5);
    assert.equal(runs.length, 6);
    for (const run of runs) {
      assert.deepEqual([run.error, run.frames, run.format], [undefined, 5, "MJPG 320x240@60"]);
      assert.ok(run.latencyMs < 5_000, `${run.latencyMs} ms`);
    }
    assertNothingLeft(runs);
  });

  it("ends as gone when the camera is pulled out, and leaves nothing behind either", async () => {
    const runs = await capture(3, Number.POSITIVE_INFINITY, () => camera.unplug());
    await camera.plug();
    assert.equal(runs.length, 3);
    assert.ok((runs[0]?.frames ?? 0) > 0);
    for (const run of runs) assert.equal(run.error, `${camera.path} is not there: unplugged?`);
    assertNothingLeft(runs);
  });

  it("fails as stalled when frames stay away, and leaves nothing behind", async () => {
    const [run] = await capture(1, Number.POSITIVE_INFINITY, () => camera.stall());
    await camera.resume();
    assert.match(run?.error ?? "", /has sent no frame for \d\.\d s$/);
    assert.equal(run?.mappings, 0);
  });
});
