import type { BenchContext, Measure } from "./bench-context.ts";
import { withServer } from "./bench-server.ts";
import { inTurns } from "./in-turns.ts";
import { formatSummary, judgeAtMost, type Row } from "./report.ts";
import { summarize } from "./statistics.ts";
import { serverCpuPercent, watch, type LoadResult } from "./viewer-load.ts";

const crowds = [50, 100] as const;

/** CPU as a multiple of plain HTTP's. */
const goal = 3;

type Scheme = "http" | "https";

/** Both listeners are open in every run: only the viewers differ. */
async function measureScheme(
  context: BenchContext,
  viewers: number,
  scheme: Scheme,
  round: number,
): Promise<LoadResult> {
  const { seconds, warmUpSeconds } = context.options;
  const load = { viewers, warmUpSeconds, seconds, encrypted: scheme === "https" };
  const result = await withServer("sightline", context, (server) => watch(server, load), { encrypted: true });
  if (result.ended > 0) throw new Error(`${result.ended} viewers over ${scheme} were let go`);
  context.recordLoad({ row: "https", viewers, round, scheme }, result);
  return result;
}

async function measureCrowd(context: BenchContext, viewers: number): Promise<Row> {
  const runs = await inTurns(["http", "https"] as const, context.options.rounds, (scheme, round) =>
    measureScheme(context, viewers, scheme, round),
  );
  const [plain = [], encrypted = []] = [runs.get("http"), runs.get("https")];
  const [own, other] = [encrypted, plain].map((results) => summarize(results.map(serverCpuPercent)));
  const late = summarize(encrypted.map(({ latencyMs }) => latencyMs.p99));
  const { version, suite } = encrypted[0]?.tls ?? { version: "", suite: "" };
  const ratio = own && other ? own.median / other.median : Number.NaN;
  return {
    measure: `CPU, ${viewers} viewers over HTTPS (${version}, ${suite}); their p99`,
    sightline: own ? `${formatSummary(own, "%")}; ${formatSummary(late, "ms")}` : "",
    result: other ? `${ratio.toFixed(2)} × plain HTTP (${formatSummary(other, "%")})` : "",
    goal: `≤ ${goal.toFixed(2)} × plain HTTP`,
    verdict: judgeAtMost(ratio, goal),
  };
}

/** What encryption costs: the same viewers by HTTPS and by HTTP. */
export const measureHttps: Measure = async (context) => {
  const rows: Row[] = [];
  for (const viewers of crowds) rows.push(await measureCrowd(context, viewers));
  return rows;
};
