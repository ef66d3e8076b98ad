import { setTimeout as sleep } from "node:timers/promises";
import type { Measure } from "./bench-context.ts";
import { withServer } from "./bench-server.ts";
import { residentBytes } from "./process-memory.ts";
import { judgeAtMost } from "./report.ts";
import { median, robustSlope } from "./statistics.ts";
import { watch } from "./viewer-load.ts";

const viewers = 200;
const residentGoalMb = 100;

/** Flat: the straight line through ten minutes rises by less than this share of the resident set. */
const growthGoalShare = 0.03;
const growthWindowSeconds = 600;

/** Megabytes as the goals have them. */
const megabyte = 1e6;

interface Sample {
  /** Seconds since the first viewer. */
  readonly x: number;
  /** Resident megabytes. */
  readonly y: number;
}

async function sampleUntil(pid: number, seconds: number, intervalSeconds: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now();
  for (let x = 0; x < seconds; x = (performance.now() - startMs) / 1000) {
    samples.push({ x, y: (await residentBytes(pid)) / megabyte });
    await sleep(intervalSeconds * 1000);
  }
  return samples;
}

/** Resident set with 200 viewers, at its highest and as a trend once the start is over. */
export const measureMemory: Measure = async (context) => {
  const { memorySeconds, warmUpSeconds } = context.options;
  const samples = await withServer("sightline", context, async (server) => {
    const load = watch(server, { viewers, warmUpSeconds, seconds: memorySeconds });
    const taken = await sampleUntil(server.pid, warmUpSeconds + memorySeconds, Math.min(2, memorySeconds / 10));
    context.recordLoad({ row: "memory", viewers, samples: taken }, await load);
    return taken;
  });
  const settled = samples.filter(({ x }) => x >= memorySeconds / 5);
  const highest = Math.max(...samples.map(({ y }) => y));
  const growthMb = robustSlope(settled) * growthWindowSeconds;
  const allowedMb = growthGoalShare * median(settled.map(({ y }) => y));
  const longEnough = memorySeconds >= growthWindowSeconds;
  return [
    {
      measure: `RSS, ${viewers} viewers: highest of ${samples.length} samples`,
      sightline: `${highest.toFixed(1)} MB`,
      goal: `≤ ${residentGoalMb} MB`,
      verdict: judgeAtMost(highest, residentGoalMb),
    },
    {
      measure: `RSS, ${viewers} viewers: trend over ${memorySeconds} s`,
      sightline: `${(robustSlope(settled) * 60_000).toFixed(0)} kB a minute`,
      result: `${growthMb.toFixed(1)} MB in ten minutes`,
      goal: `flat (≤ ${(growthGoalShare * 100).toFixed(0)} %: ${allowedMb.toFixed(1)} MB)`,
      verdict: longEnough ? judgeAtMost(growthMb, allowedMb) : "noted",
    },
  ];
};
