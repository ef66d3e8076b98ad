import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { childrenOf, isRunning } from "../support/process-resources.ts";
import { sightlineProgram, startSightline } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { ffmpegCamera, patternCamera } from "./cameras.ts";

describe("a signal ends Sightline in order", { ...needing("ffmpeg"), timeout: 120_000 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`${signal}: every client ended, cameras closed, exit status 0 within 3 s`, async () => {
      const sightline = await startSightline({ cameras: [patternCamera, ffmpegCamera("film")] });
      const paths = [
        "/stream",
        "/cameras/film/stream",
        "/?action=stream_1",
        "/stream?fps=1",
        "/stream?advance_headers=1",
      ];
      const viewers = await Promise.all(paths.map((path) => watchMjpeg(sightline.port, path)));
      const stalled = await watchMjpeg(sightline.port, "/cameras/film/stream");
      stalled.socket.pause();
      await viewers[1]?.next();
      const children = childrenOf(sightline.pid);
      assert.ok(children.length > 0, "no camera program runs");
      const end = await sightline.stop(signal);
      stalled.socket.destroy();
      await Promise.all(viewers.map((viewer) => viewer.ended));
      assert.deepEqual({ code: end.code, signal: end.signal }, { code: 0, signal: null }, sightline.log());
      assert.ok(end.tookMs < 3000, `took ${Math.round(end.tookMs)} ms`);
      assert.deepEqual(children.filter(isRunning), []);
    });
  }

  it("SIGTERM: a camera program that will not end is killed, still within 3 s", async () => {
    const directory = mkdtempSync(join(tmpdir(), "sightline-stubborn-"));
    const file = join(directory, "pid");
    const ffmpeg = ffmpegCamera("film").command.join(" ");
    const script = `trap '' TERM INT HUP; echo $$ > ${file}; ${ffmpeg} & while :; do sleep 1; done`;
    const sightline = await startSightline({
      cameras: [{ id: "film", source: "command", command: ["sh", "-c", script] }],
    });
    const viewer = await watchMjpeg(sightline.port, "/stream");
    await viewer.next();
    const pid = Number(readFileSync(file, "utf8"));
    const end = await sightline.stop();
    assert.equal(end.code, 0, sightline.log());
    assert.ok(end.tookMs < 3000, `took ${Math.round(end.tookMs)} ms`);
    assert.equal(isRunning(pid), false);
    rmSync(directory, { recursive: true });
  });

  it("SIGTERM while a file is being written ends it in order, too", async () => {
    // What write-file-atomic does while it writes (signal-exit): where nobody else listens, the signal is to end the process.
    const whileWriting = `process.on("SIGTERM", function others() {
      if (process.listeners("SIGTERM").length > 1) return;
      process.off("SIGTERM", others);
      process.kill(process.pid, "SIGTERM");
    });`;
    const directory = mkdtempSync(join(tmpdir(), "sightline-writing-"));
    const file = join(directory, "writing.mjs");
    // After our own listener, as a file is written at any time.
    writeFileSync(file, `setTimeout(() => { ${whileWriting} console.error("writing"); }, 1500).unref();`);
    const sightline = await startSightline({ cameras: [patternCamera] }, [
      process.execPath,
      "--import",
      file,
      sightlineProgram(),
    ]);
    await until(() => sightline.log().includes("writing"), "the file to be written");
    const end = await sightline.stop();
    assert.deepEqual({ code: end.code, signal: end.signal }, { code: 0, signal: null }, sightline.log());
    rmSync(directory, { recursive: true });
  });

  it("SIGTERM while it starts is heard too", async () => {
    const sightline = await startSightline({ cameras: [patternCamera] });
    const end = await sightline.stop();
    assert.equal(end.code, 0, sightline.log());
  });
});

describe("a camera program that dies", { ...needing("ffmpeg"), timeout: 60_000 }, () => {
  it("is started again while its viewers stay", async () => {
    const sightline = await startSightline({ cameras: [ffmpegCamera("film")] });
    try {
      const viewer = await watchMjpeg(sightline.port, "/stream");
      await viewer.next();
      const [first = 0] = childrenOf(sightline.pid);
      process.kill(first, "SIGKILL");
      const camera = async () =>
        (await fetch(`${sightline.origin}/api/cameras/film`)).json() as Promise<Record<string, unknown>>;
      const lost = await until(async () => {
        const now = await camera();
        return now["state"] === "lost" && now;
      }, "the state to be lost");
      assert.match(String(lost["reason"]), /^ffmpeg: was ended by SIGKILL/);
      await until(async () => (await camera())["state"] === "live", "the camera to be back", 5000);
      const seen = new Set<string>();
      while (seen.size < 5) seen.add(String((await viewer.next()).headers["x-timestamp"]));
      viewer.close();
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
  });
});
