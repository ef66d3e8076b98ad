import { setTimeout as sleep } from "node:timers/promises";
import { cameraShape, type BenchContext, type Measure } from "./bench-context.ts";
import { withServer, type RunningServer } from "./bench-server.ts";
import { residentBytes, socketMemory, type SocketMemory } from "./process-memory.ts";
import { formatSummary, judgeAtMost, type Row } from "./report.ts";
import { median, summarize } from "./statistics.ts";
import { watch, type LoadResult } from "./viewer-load.ts";

const readers = 30;
const stalled = 20;

/** The other viewers may be this much worse off than 50 healthy ones are: two runs of the same differ by that. */
const tolerance = 1.25;

interface Phase {
  /** Resident set, bytes: the middle of many samples. */
  readonly residentBytes: number;
}

interface StalledRun {
  readonly load: LoadResult;
  readonly before: Phase;
  readonly during: Phase;
  /** The stalled viewers' sockets on the server's side. */
  readonly sockets: readonly SocketMemory[];
}

/** Samples the resident set every quarter of a second for `seconds`. */
async function sampleMemory(pid: number, seconds: number): Promise<Phase> {
  const samples: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  do {
    samples.push(await residentBytes(pid));
    await sleep(250);
  } while (performance.now() < endMs);
  return { residentBytes: median(samples) };
}

/** The connections that the stalled viewers hold: those with the most bytes that nobody takes. */
async function stalledSockets(port: number): Promise<readonly SocketMemory[]> {
  const sockets = await socketMemory(port);
  return sockets.toSorted((a, b) => b.sendQueueBytes - a.sendQueueBytes).slice(0, stalled);
}

/**
 * 30 viewers watch from beginning to end; when the server has settled, 20 more come and stop reading. What the 30 get is
 * counted from then on. All of it is over before the server may close the stalled ones (30 s without progress).
 */
async function stallViewers({ options }: BenchContext, server: RunningServer): Promise<StalledRun> {
  const settleSeconds = options.quick ? 1 : 5;
  const beforeSeconds = options.quick ? 1 : 5;
  const fillSeconds = options.quick ? 1 : 3; // the stalled viewers' sockets are full by then
  const seconds = Math.min(options.seconds, 20);
  const healthy = watch(server, {
    viewers: readers,
    warmUpSeconds: settleSeconds + beforeSeconds + fillSeconds,
    seconds,
  });
  await sleep(settleSeconds * 1000);
  const before = await sampleMemory(server.pid, beforeSeconds);
  const stuck = watch(server, { viewers: stalled, stalled, warmUpSeconds: 1, seconds: fillSeconds + seconds });
  await sleep((fillSeconds + seconds / 2) * 1000);
  const during = await sampleMemory(server.pid, seconds / 2 - 1);
  const sockets = await stalledSockets(server.port);
  const [load] = await Promise.all([healthy, stuck]);
  return { load, before, during, sockets };
}

function rateRow(runs: readonly StalledRun[], healthy: readonly LoadResult[]): Row {
  const fps = summarize(runs.map(({ load }) => load.fps.min));
  const p99 = summarize(runs.map(({ load }) => load.latencyMs.p99));
  const healthyP99 = summarize(healthy.map(({ latencyMs }) => latencyMs.p99));
  const fullRate = fps.median >= cameraShape.fps * 0.98;
  const ratio = p99.median / healthyP99.median;
  return {
    measure: `${stalled} of 50 viewers stalled: the slowest of the other ${readers}; their p99`,
    sightline: `${formatSummary(fps, "fps")}; ${formatSummary(p99, "ms")}`,
    result: `p99 ${ratio.toFixed(2)} × that of 50 healthy (${formatSummary(healthyP99, "ms")})`,
    goal: `full rate (≥ 98 % of ${cameraShape.fps} fps), p99 ≤ ${tolerance} ×`,
    verdict: fullRate ? judgeAtMost(ratio, tolerance) : "missed",
  };
}

function memoryRow(runs: readonly StalledRun[], frameBytes: number): Row {
  const kilobytes = (bytes: number): number => bytes / 1024;
  const own = summarize(
    runs.map(({ before, during }) => kilobytes(during.residentBytes - before.residentBytes) / stalled),
  );
  const sockets = runs.flatMap((run) => run.sockets);
  const queued = summarize(sockets.map(({ usedBytes }) => kilobytes(usedBytes)));
  const allowed = kilobytes(frameBytes + median(sockets.map(({ limitBytes }) => limitBytes)));
  return {
    measure: "Memory for each stalled viewer: the process's own (RSS), and the kernel's for its socket",
    sightline: `${formatSummary(own, "kB", 0)}; ${formatSummary(queued, "kB", 0)}`,
    result: `${(own.median + queued.median).toFixed(0)} kB`,
    goal: `≤ a frame and a socket buffer (${allowed.toFixed(0)} kB)`,
    verdict: judgeAtMost(own.median + queued.median, allowed),
  };
}

/** What viewers that stop reading cost the others, and how much memory each of them takes. */
export const measureStalled: Measure = async (context) => {
  const { rounds, seconds, warmUpSeconds } = context.options;
  const healthy: LoadResult[] = [];
  const runs: StalledRun[] = [];
  for (let round = 0; round < rounds; round++) {
    const load = { viewers: readers + stalled, warmUpSeconds, seconds };
    const result = await withServer("sightline", context, (server) => watch(server, load));
    context.recordLoad({ row: "stalled", round, stalled: 0 }, result);
    healthy.push(result);
    const run = await withServer("sightline", context, (server) => stallViewers(context, server));
    const { before, during, sockets } = run;
    context.recordLoad({ row: "stalled", round, stalled, before, during, sockets }, run.load);
    runs.push(run);
  }
  return [rateRow(runs, healthy), memoryRow(runs, context.camera.modes[0]?.meanFrameBytes ?? 0)];
};
