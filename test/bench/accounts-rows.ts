import type { Measure } from "./bench-context.ts";
import { withServer } from "./bench-server.ts";
import { inTurns } from "./in-turns.ts";
import { formatDifference, formatSummary, judgeAtMost } from "./report.ts";
import { summarize } from "./statistics.ts";
import { serverCpuPercent, watch } from "./viewer-load.ts";

const viewers = 200;

/** Fewer say nothing about a spread. */
const leastRounds = 5;

/** What accounts cost once everybody is in: the same viewers with `auth.mode` `password` and `none`. */
export const measureAccounts: Measure = async (context) => {
  const { quick, seconds, warmUpSeconds } = context.options;
  const rounds = quick ? context.options.rounds : Math.max(leastRounds, context.options.rounds);
  const runs = await inTurns(["password", "none"] as const, rounds, async (auth, round) => {
    const load = { viewers, warmUpSeconds, seconds };
    const result = await withServer("sightline", context, (server) => watch(server, load), { auth });
    context.recordLoad({ row: "accounts", viewers, round, auth }, result);
    return result;
  });
  const [own, open] = (["password", "none"] as const).map((auth) =>
    summarize((runs.get(auth) ?? []).map(serverCpuPercent)),
  );
  if (!own || !open) return [];
  const spread = Math.max(own.max - own.min, open.max - open.min);
  const dearer = own.median - open.median;
  return [
    {
      measure: `CPU, ${viewers} viewers with accounts beside \`auth.mode: none\`, ${rounds} runs each`,
      sightline: formatSummary(own, "%", 2),
      result: `${formatDifference(dearer, "%", 2)} (none: ${formatSummary(open, "%", 2)})`,
      goal: `within the spread of the runs (${spread.toFixed(2)} %)`,
      verdict: rounds < leastRounds ? "noted" : judgeAtMost(dearer, spread),
    },
  ];
};
