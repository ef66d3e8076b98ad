import type { BenchContext, Measure } from "./bench-context.ts";
import { withServer, type ServerName } from "./bench-server.ts";
import { inTurns, type Turns } from "./in-turns.ts";
import { formatSummary, judgeAtMost, type Row } from "./report.ts";
import { summarize, type Summary } from "./statistics.ts";
import { serverCpuPercent, watch, type LoadResult } from "./viewer-load.ts";

/** Goals for CPU, as multiples of the rival's, by number of viewers. */
const ustreamerGoals: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [10, 1.2],
  [50, 0.4],
  [200, 0.4],
]);
const limitGoals: ReadonlyMap<number, number> = new Map([
  [50, 1.8],
  [200, 1.6],
]);

/** Capture-to-client latency p99 as a multiple of the limit's. */
const latencyGoal = 2;

type Runs = Turns<ServerName, LoadResult>;

/** The limit is measured where a goal is about it. */
function serversFor(viewers: number): readonly ServerName[] {
  return limitGoals.has(viewers) ? ["ustreamer", "sightline", "limit"] : ["ustreamer", "sightline"];
}

function measureViewers(context: BenchContext, viewers: number): Promise<Runs> {
  const { rounds, seconds, warmUpSeconds } = context.options;
  return inTurns(serversFor(viewers), rounds, async (name, round) => {
    const result = await withServer(name, context, (server) => watch(server, { viewers, warmUpSeconds, seconds }));
    context.recordLoad({ row: "fan-out", viewers, round, server: name }, result);
    return result;
  });
}

function summaryOf(runs: Runs, name: ServerName, figure: (result: LoadResult) => number): Summary | undefined {
  const results = runs.get(name);
  return results && summarize(results.map(figure));
}

function ratioText(own: Summary | undefined, other: Summary | undefined, to: string): string[] {
  return own && other ? [`${(own.median / other.median).toFixed(2)} × ${to}`] : [];
}

function countViewers(viewers: number): string {
  return viewers === 1 ? "1 viewer" : `${viewers} viewers`;
}

function cpuRow(viewers: number, runs: Runs): Row {
  const [own, ustreamer, limit] = (["sightline", "ustreamer", "limit"] as const).map((name) =>
    summaryOf(runs, name, serverCpuPercent),
  );
  const goals = [
    { to: "ustreamer", other: ustreamer, goal: ustreamerGoals.get(viewers) },
    { to: "limit", other: limit, goal: limitGoals.get(viewers) },
  ].flatMap(({ to, other, goal }) => (own && other && goal ? [{ to, goal, ratio: own.median / other.median }] : []));
  return {
    measure: `CPU, ${countViewers(viewers)}`,
    sightline: own ? formatSummary(own, "%") : "",
    ...(ustreamer && { ustreamer: formatSummary(ustreamer, "%") }),
    ...(limit && { limit: formatSummary(limit, "%") }),
    result: [...ratioText(own, ustreamer, "ustreamer"), ...ratioText(own, limit, "limit")].join(", "),
    goal: goals.map(({ to, goal }) => `≤ ${goal.toFixed(2)} × ${to}`).join(", "),
    verdict: goals.length === 0 ? "noted" : judgeAtMost(Math.max(...goals.map(({ ratio, goal }) => ratio / goal)), 1),
  };
}

function latencyRow(viewers: number, runs: Runs): Row {
  const cell = (name: ServerName): string | undefined => {
    const p50 = summaryOf(runs, name, ({ latencyMs }) => latencyMs.p50);
    const p99 = summaryOf(runs, name, ({ latencyMs }) => latencyMs.p99);
    return p50 && p99 && `${p50.median.toFixed(1)} / ${formatSummary(p99, "ms")}`;
  };
  const own = summaryOf(runs, "sightline", ({ latencyMs }) => latencyMs.p99);
  const limit = summaryOf(runs, "limit", ({ latencyMs }) => latencyMs.p99);
  const [ustreamerCell, limitCell] = [cell("ustreamer"), cell("limit")];
  return {
    measure: `Capture-to-client latency p50 / p99, ${countViewers(viewers)}`,
    sightline: cell("sightline") ?? "",
    ...(ustreamerCell !== undefined && { ustreamer: ustreamerCell }),
    ...(limitCell !== undefined && { limit: limitCell }),
    result: ratioText(own, limit, "limit (p99)").join(""),
    goal: limit ? `p99 ≤ ${latencyGoal} × limit` : "",
    verdict: own && limit ? judgeAtMost(own.median / limit.median, latencyGoal) : "noted",
  };
}

/** CPU and latency of MJPEG to many viewers, Sightline beside ustreamer and the limit. */
export const measureFanOut: Measure = async (context) => {
  const rows: { readonly cpu: Row; readonly latency: Row }[] = [];
  for (const viewers of context.options.viewers) {
    const runs = await measureViewers(context, viewers);
    rows.push({ cpu: cpuRow(viewers, runs), latency: latencyRow(viewers, runs) });
  }
  return [...rows.map(({ cpu }) => cpu), ...rows.map(({ latency }) => latency)];
};
