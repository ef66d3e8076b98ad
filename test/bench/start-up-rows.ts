import { setTimeout as sleep } from "node:timers/promises";
import type { BenchContext, Measure } from "./bench-context.ts";
import { spawnServer, type ServerName } from "./bench-server.ts";
import { watchFirstPart } from "./first-part.ts";
import { formatSummary, judgeAtMost } from "./report.ts";
import { summarize, type Summary } from "./statistics.ts";

const goalSeconds = 1.5;
const retryMs = 2;
const deadlineMs = 15_000;

/** Seconds from the start of the process to the first picture at a viewer that knocks until somebody opens. */
async function timeStart(name: ServerName, context: BenchContext): Promise<number> {
  const server = await spawnServer(name, context);
  while (!(await watchFirstPart(server.port, server.streamPath, server.authorizations[0]))) {
    if (performance.now() - server.spawnedMs > deadlineMs)
      throw new Error(`${name} served nothing in ${deadlineMs} ms`);
    await sleep(retryMs);
  }
  const seconds = (performance.now() - server.spawnedMs) / 1000;
  await server.stop();
  return seconds;
}

/** How soon after the start of the process somebody sees something. */
export const measureStartUp: Measure = async (context) => {
  const times: { readonly sightline: number; readonly ustreamer: number }[] = [];
  for (let round = 0; round < context.options.rounds; round++) {
    const ustreamer = await timeStart("ustreamer", context);
    const sightline = await timeStart("sightline", context);
    context.record({ row: "start-up", round, seconds: { sightline, ustreamer } });
    times.push({ sightline, ustreamer });
  }
  const own: Summary = summarize(times.map(({ sightline }) => sightline));
  return [
    {
      measure: "Start of the process to the first picture at a viewer",
      sightline: formatSummary(own, "s", 2),
      ustreamer: formatSummary(summarize(times.map(({ ustreamer }) => ustreamer)), "s", 2),
      goal: `≤ ${goalSeconds} s`,
      verdict: judgeAtMost(own.median, goalSeconds),
    },
  ];
};
