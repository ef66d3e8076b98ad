import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { attackKinds, type AttackKind } from "../support/attack-kinds.ts";
import type { BenchContext, Measure } from "./bench-context.ts";
import { withServer, type RunningServer } from "./bench-server.ts";
import { formatDifference, formatSummary, judgeAtMost, type Row } from "./report.ts";
import { summarize, type Summary } from "./statistics.ts";
import { watch, type LoadResult } from "./viewer-load.ts";

/** Few enough for a household, enough for a p99. */
const viewers = 10;

/** More would say the same for longer: there are eight attacks. */
const mostSeconds = 10;
const mostRounds = 3;

/** The part of the rate without an attack that must be left. */
const rateGoal = 0.98;

/** By how much later the p99 may come: less than a third of the time until the next picture. */
const latenessGoalMs = 10;

/** So many connections at least are open, or were refused, when an attack has reached the server. */
const leastTrouble = 20;

const descriptions: Readonly<Record<AttackKind, string>> = {
  idle: "5,000 idle connections, again and again",
  headers: "1,000 connections whose headers trickle in",
  bodies: "1,000 connections whose bodies trickle in",
  handshakes: "1,000 TLS handshakes that stop half-way",
  requests: "requests as fast as answers come, from one address",
  passwords: "wrong passwords for ever other names from ever other addresses",
  bombs: "headers and bodies without end",
  noise: "bytes at random",
};

/** What the server says of itself. */
interface Trouble {
  /** Connections open now. */
  readonly connections: number;
  /** What it refused so far, by cause. */
  readonly refused: Readonly<Record<string, number>>;
}

interface AttackRun {
  readonly load: LoadResult;
  /** Connections open at the end; refusals since the attack began. */
  readonly trouble: Trouble;
}

async function readTrouble({ port, authorizations }: RunningServer): Promise<Trouble> {
  const headers = { Authorization: authorizations[0] ?? "" };
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
  const metrics = await answer.text();
  const counted = metrics.matchAll(/^sightline_http_refusals_total\{cause="([^"]+)"\} (\d+)$/gm);
  return {
    connections: Number(/^sightline_http_connections (\d+)$/m.exec(metrics)?.[1]),
    refused: Object.fromEntries([...counted].map(([, cause = "", count]) => [cause, Number(count)])),
  };
}

function difference(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const grown = Object.entries(after).map(([cause, count]) => [cause, count - (before[cause] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

/** Throws an Error where nothing of the attack has come. */
function checkTrouble(kind: AttackKind, trouble: Trouble): Trouble {
  const refusals = Object.values(trouble.refused).reduce((sum, count) => sum + count, 0);
  if (trouble.connections - viewers + refusals >= leastTrouble) return trouble;
  throw new Error(`the attack (${kind}) did not come: ${JSON.stringify(trouble)}`);
}

/** The viewers come first; the attack begins a second before what they get is counted, and outlasts them. */
async function watchBeside(kind: AttackKind, { options }: BenchContext, server: RunningServer): Promise<AttackRun> {
  const seconds = Math.min(options.seconds, mostSeconds);
  const watching = watch(server, { viewers, warmUpSeconds: options.warmUpSeconds + 1, seconds });
  await sleep(options.warmUpSeconds * 1000);
  const { refused: before } = await readTrouble(server);
  const script = new URL("../support/attack-main.js", import.meta.url).pathname;
  const args = [script, kind, `${server.port}`, `${server.httpsPort}`];
  const attacker = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(attacker, "exit");
  try {
    const load = await watching;
    if (attacker.exitCode !== null) throw new Error(`the attack ended (${attacker.exitCode})`);
    const { connections, refused } = await readTrouble(server);
    return { load, trouble: checkTrouble(kind, { connections, refused: difference(before, refused) }) };
  } finally {
    attacker.kill("SIGKILL");
    await ended;
  }
}

function rateOf(loads: readonly LoadResult[]): Summary {
  return summarize(loads.map(({ fps }) => fps.min));
}

function p99Of(loads: readonly LoadResult[]): Summary {
  return summarize(loads.map(({ latencyMs }) => latencyMs.p99));
}

function attackRow(kind: AttackKind, runs: readonly AttackRun[], quiet: readonly LoadResult[]): Row {
  const loads = runs.map(({ load }) => load);
  const [fps, quietFps] = [rateOf(loads), rateOf(quiet)];
  const [p99, quietP99] = [p99Of(loads), p99Of(quiet)];
  const kept = fps.median / quietFps.median;
  const late = p99.median - quietP99.median;
  const lost = loads.reduce((sum, { ended }) => sum + ended, 0);
  const without = `without: ${formatSummary(quietFps, "fps")}; ${formatSummary(quietP99, "ms")}`;
  return {
    measure: `Beside an attack (${descriptions[kind]}): the slowest of ${viewers} viewers; their p99`,
    sightline: `${formatSummary(fps, "fps")}; ${formatSummary(p99, "ms")}`,
    result: `${(100 * kept).toFixed(1)} % of the rate, p99 ${formatDifference(late, "ms")} (${without})`,
    goal: `≥ ${(100 * rateGoal).toFixed(0)} %, ≤ +${latenessGoalMs} ms`,
    verdict: kept < rateGoal || lost > 0 ? "missed" : judgeAtMost(late, latenessGoalMs),
  };
}

/** What viewers notice of somebody who wants to harm the server: each attack with a server of its own. */
export const measureAttacks: Measure = async (context) => {
  const { quick, seconds, warmUpSeconds } = context.options;
  const rounds = Math.min(context.options.rounds, mostRounds);
  const kinds = quick ? attackKinds.filter((kind) => kind === "idle" || kind === "passwords") : attackKinds;
  const quiet: LoadResult[] = [];
  const runs = new Map<AttackKind, AttackRun[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++) {
    const load = { viewers, warmUpSeconds, seconds: Math.min(seconds, mostSeconds) };
    const result = await withServer("sightline", context, (server) => watch(server, load), { encrypted: true });
    context.recordLoad({ row: "attacks", round, attack: "none" }, result);
    quiet.push(result);
    for (const kind of kinds) {
      const beside = (server: RunningServer): Promise<AttackRun> => watchBeside(kind, context, server);
      const run = await withServer("sightline", context, beside, { encrypted: true });
      context.record({ row: "attacks", round, attack: kind, ...run.trouble, ...run.load });
      runs.get(kind)?.push(run);
    }
  }
  return kinds.map((kind) => attackRow(kind, runs.get(kind) ?? [], quiet));
};
