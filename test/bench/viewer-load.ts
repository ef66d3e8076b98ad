import { compileNative } from "../support/compile-native.ts";
import { runTool } from "../support/run-tool.ts";
import type { RunningServer } from "./bench-server.ts";

/** How many viewers watch, and for how long. */
export interface Load {
  readonly viewers: number;
  /** How many of them stop reading after the warm-up (default none). */
  readonly stalled?: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** They come by HTTPS. */
  readonly encrypted?: boolean;
  /** Keeps every `every`th picture of the first viewer in `directory`, named by its arrival in monotonic nanoseconds. */
  readonly keep?: { readonly directory: string; readonly every: number };
}

/** What mjpeg-load.c reports. Times of frames from the camera's capture to the last byte at the viewer. */
export interface LoadResult {
  readonly seconds: number;
  readonly frames: number;
  readonly bytes: number;
  /** Parts that do not begin with SOI and end with EOI. */
  readonly broken: number;
  /** Viewers that the server let go. */
  readonly ended: number;
  /** Of the viewers that read. */
  readonly fps: { readonly min: number; readonly median: number };
  readonly latencyMs: { readonly count: number; readonly p50: number; readonly p95: number; readonly p99: number };
  /** What the first viewer agreed on; absent over plain HTTP. */
  readonly tls?: { readonly version: string; readonly suite: string };
  /** `server` contains `camera`, the fake camera's own thread. `machine` is everything, counted in ticks. */
  readonly cpuSeconds: {
    readonly server: number;
    readonly camera: number;
    readonly load: number;
    readonly machine: number;
  };
}

/** Lets viewers watch `server`. Rejects when it sent something that is no picture, or nothing at all. */
export async function watch(server: RunningServer, load: Load): Promise<LoadResult> {
  const program = await compileNative({
    name: "mjpeg-load",
    sources: ["test/bench/mjpeg-load.c"],
    flags: ["-I", "test/support/native", "-lssl", "-lcrypto"],
  });
  const { viewers, stalled = 0, warmUpSeconds, seconds, encrypted = false, keep } = load;
  const place = encrypted ? ["-s", "-p", `${server.httpsPort}`] : ["-p", `${server.port}`];
  const credentials = server.authorizations.flatMap((authorization) => ["-a", authorization]);
  const stream = [...place, "-u", server.streamPath, "-P", `${server.pid}`, ...credentials];
  const crowd = ["-n", `${viewers}`, "-x", `${stalled}`, "-w", `${warmUpSeconds}`, "-t", `${seconds}`];
  const kept = keep ? ["-o", keep.directory, "-k", `${keep.every}`] : [];
  const result = JSON.parse((await runTool(program, [...stream, ...crowd, ...kept])).toString()) as LoadResult;
  if (result.broken > 0) throw new Error(`${server.name} sent ${result.broken} broken pictures`);
  if (result.frames === 0 && stalled < viewers) throw new Error(`${server.name} sent no picture`);
  return result;
}

/** The server's share of one core, in percent. */
export function serverCpuPercent({ cpuSeconds, seconds }: LoadResult): number {
  return (100 * cpuSeconds.server) / seconds;
}

/** What neither server nor viewers used, in percent of one core; the kernel counts it in ticks, so it is rough. */
export function othersCpuPercent({ cpuSeconds, seconds }: LoadResult): number {
  return Math.max(0, (100 * (cpuSeconds.machine - cpuSeconds.server - cpuSeconds.load)) / seconds);
}
