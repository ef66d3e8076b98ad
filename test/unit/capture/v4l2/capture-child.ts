import { readFileSync, readdirSync } from "node:fs";
import { systemClock } from "../../../../src/core/clock.ts";
import { silentLog } from "../../../../src/core/log.ts";
import { createV4l2Source } from "../../../../src/capture/v4l2/v4l2-source.ts";

/** What one run came to, and what the process held after it. */
export interface CaptureRun {
  readonly frames: number;
  readonly bytes: number;
  readonly format: string;
  readonly error: string | undefined;
  readonly descriptors: number;
  /** Mappings of device memory. */
  readonly mappings: number;
  /** The largest time from the driver's stamp to us. */
  readonly latencyMs: number;
}

/**
 * Run in a process of its own, under a preloaded camera: see fake-camera.test.ts. Arguments: device, runs, frames a run. Prints
 * `streaming` at the first frame of a run and a CaptureRun at its end.
 */
async function captureOnce(device: string, frames: number): Promise<CaptureRun> {
  const stop = new AbortController();
  let [count, bytes, latencyMs, format, error] = [0, 0, 0, "", undefined as string | undefined];
  const source = createV4l2Source({ device, format: "auto", log: silentLog, clock: systemClock });
  const sink = {
    format: (given: { pixelFormat: string; width: number; height: number; fps: number }) => {
      format = `${given.pixelFormat} ${given.width}x${given.height}@${given.fps}`;
    },
    frame: (frame: { bytes: Buffer; captureTimeNs: bigint }) => {
      count += 1;
      if (count === 1) process.stdout.write("streaming\n");
      bytes += frame.bytes.length;
      latencyMs = Math.max(latencyMs, Number(systemClock.monotonicNs() - frame.captureTimeNs) / 1e6);
      // Told in a microtask, which must run although no other event wakes Node.
      if (count === frames) void Promise.resolve().then(() => stop.abort());
    },
    drop: () => {},
  };
  await source.run(sink, stop.signal).catch((reason: unknown) => {
    error = reason instanceof Error ? reason.message : String(reason);
  });
  const descriptors = readdirSync("/proc/self/fd").length;
  const mappings = readFileSync("/proc/self/maps", "utf8").match(/memfd:.*$/gm)?.length ?? 0;
  return { frames: count, bytes, format, error, descriptors, mappings, latencyMs };
}

const [device = "", runs = "1", frames = "1"] = process.argv.slice(2);
for (let run = 0; run < Number(runs); run += 1) {
  process.stdout.write(`${JSON.stringify(await captureOnce(device, Number(frames)))}\n`);
}
