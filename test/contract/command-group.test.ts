import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createCommandSource } from "../../src/capture/command/command-source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { isRunning } from "../support/process-resources.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { RecordingSink } from "./source-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "sightline-group-"));
after(() => rmSync(directory, { recursive: true }));

const camera = "ffmpeg -v error -re -f lavfi -i testsrc=size=160x120:rate=25 -c:v mjpeg -f mjpeg -";

/** The process ids that a script wrote into `name` (with `echo $$ > name`), once there are `count`. */
function pidsIn(name: string, count: number): Promise<readonly number[]> {
  return until(() => {
    const pids = readIfThere(join(directory, name)).split("\n").filter(Boolean).map(Number);
    return pids.length >= count && pids;
  }, `${count} process ids in ${name}`);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function createScriptSource(script: string) {
  return createCommandSource({
    command: ["sh", "-c", `cd ${directory}; ${script}`],
    clock: systemClock,
    log: silentLog,
  });
}

describe("everything a command started", { ...needing("ffmpeg", "sh"), timeout: 60_000 }, () => {
  it("ends with it: children, grandchildren and pipelines", async () => {
    const stop = new AbortController();
    const sink = new RecordingSink();
    const source = createScriptSource(
      `echo $$ > all; (sleep 1000 & echo $! >> all; wait) & ${camera} | (echo 1 >/dev/null; cat)`,
    );
    const ended = source.run(sink, stop.signal);
    const pids = await pidsIn("all", 2);
    await until(() => sink.frames.length > 0, "a frame");
    stop.abort();
    await ended;
    assert.deepEqual(pids.filter(isRunning), []);
  });

  it("is killed when it will not end, within three seconds", async () => {
    const stop = new AbortController();
    const sink = new RecordingSink();
    const source = createScriptSource(
      `trap '' TERM INT HUP PIPE; echo $$ > stubborn; ${camera} & while :; do sleep 1; done`,
    );
    const ended = source.run(sink, stop.signal);
    const pids = await pidsIn("stubborn", 1);
    await until(() => sink.frames.length > 0, "a frame");
    const startMs = performance.now();
    stop.abort();
    await ended;
    assert.ok(performance.now() - startMs < 3000, `${performance.now() - startMs} ms`);
    assert.deepEqual(pids.filter(isRunning), []);
  });

  it("ends when it was stopped with SIGSTOP", async () => {
    const stop = new AbortController();
    const sink = new RecordingSink();
    const ended = createScriptSource(`echo $$ > stopped; exec ${camera}`).run(sink, stop.signal);
    const [pid = 0] = await pidsIn("stopped", 1);
    await until(() => sink.frames.length > 0, "a frame");
    process.kill(pid, "SIGSTOP");
    stop.abort();
    await ended;
    assert.equal(isRunning(pid), false);
  });

  it("does not outlive a failure of its leader", async () => {
    const source = createScriptSource("sleep 1000 & echo $! > orphan; exit 4");
    await assert.rejects(source.run(new RecordingSink(), new AbortController().signal), /exit status 4/);
    assert.deepEqual((await pidsIn("orphan", 1)).filter(isRunning), []);
  });

  it("is noticed when it hangs", async () => {
    const source = createScriptSource(`echo $$ > hanging; timeout 1 ${camera}; exec sleep 1000`);
    await assert.rejects(source.run(new RecordingSink(), new AbortController().signal), {
      name: "DeviceError",
      code: "stalled",
      message: "sh: wrote no new picture for 2 s",
    });
    assert.deepEqual((await pidsIn("hanging", 1)).filter(isRunning), []);
  });

  it("ends by itself when the process around it is killed: its output breaks", async () => {
    const host = fileURLToPath(new URL("../support/command-host.js", import.meta.url));
    const script = `echo $$ > outlived; exec ${camera}`;
    const child = spawn(process.execPath, [host, "sh", "-c", `cd ${directory}; ${script}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const [pid = 0] = await pidsIn("outlived", 1);
    child.kill("SIGKILL");
    await until(() => !isRunning(pid), "the program's end");
  });
});

describe("a command that writes faster than anybody reads", { ...needing("ffmpeg"), timeout: 60_000 }, () => {
  it("is slowed down: memory stays flat", async () => {
    const command =
      "ffmpeg -v error -stream_loop -1 -f lavfi -i testsrc=size=1280x720:rate=25 -q:v 2 -c:v mjpeg -f mjpeg -".split(
        " ",
      );
    const source = createCommandSource({ command, clock: systemClock, log: silentLog });
    const stop = new AbortController();
    let frames = 0;
    let peakBytes = 0;
    const startBytes = process.memoryUsage().rss;
    const sink = {
      format() {},
      drop() {},
      frame() {
        frames++;
        // A reader that is slower than the writer: the event loop stands still for every picture.
        const untilMs = performance.now() + 10;
        while (performance.now() < untilMs);
        peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
        if (frames === 200) stop.abort();
      },
    };
    await source.run(sink, stop.signal);
    assert.ok(peakBytes - startBytes < 80e6, `${Math.round((peakBytes - startBytes) / 1e6)} MB more`);
  });
});
