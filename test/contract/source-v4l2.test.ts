import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { createFakeCamera, fakeCameraEnvironment } from "../support/fake-camera.ts";
import { needing } from "../support/tool.ts";
import { makeClip } from "../support/video-clip.ts";

const clips = {
  MJPG: { fourcc: "MJPG", width: 320, height: 240, fps: 30, frames: 30 },
  YUYV: { fourcc: "YUYV", width: 160, height: 120, fps: 30, frames: 30 },
} as const;

// The fake camera is preloaded, which only a process of its own can be: the suite runs there.
for (const format of ["MJPG", "YUYV"] as const) {
  it(
    `v4l2 source, ${format}, passes the source contract`,
    { ...needing("gcc", "ffmpeg"), timeout: 120_000 },
    async () => {
      const camera = await createFakeCamera([await makeClip(clips[format])]);
      try {
        const suite = fileURLToPath(new URL("v4l2-source-suite.js", import.meta.url));
        const fake = await fakeCameraEnvironment(camera);
        const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
        const env = { ...inherited, ...fake, SOURCE_DEVICE: camera.path };
        const child = spawn(process.execPath, [suite], { env, stdio: ["ignore", "pipe", "inherit"] });
        const [report, [status]] = await Promise.all([
          text(child.stdout),
          once(child, "close") as Promise<[number | null]>,
        ]);
        assert.equal(status, 0, report);
        assert.match(report, /^# pass [1-9]/m, report);
      } finally {
        await camera.remove();
      }
    },
  );
}
