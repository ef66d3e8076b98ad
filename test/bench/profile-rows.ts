import { setTimeout as sleep } from "node:timers/promises";
import { cameraShape, type Measure } from "./bench-context.ts";
import type { BenchOptions } from "./bench-options.ts";
import { withServer, type RunningServer } from "./bench-server.ts";
import {
  countCalls,
  isAboutAccess,
  sumParts,
  type CallCount,
  type CpuProfile,
  type PartTime,
  type ScriptCoverage,
} from "./cpu-profile.ts";
import { Inspector, inspectorArgs } from "./inspector.ts";
import type { Row } from "./report.ts";
import { watch } from "./viewer-load.ts";

const viewers = 200;
const samplingUs = 200;

/** Everybody is in and the compiler has done its work. */
const settleSeconds = 5;

interface Profile {
  readonly parts: readonly PartTime[];
  readonly calls: readonly CallCount[];
  /** How long calls were counted, and pictures that the camera gave meanwhile. */
  readonly seconds: number;
  readonly pictures: number;
}

/** Whether something that was called so often belongs to the pictures' way; timers run once or twice a second. */
function isForPictures(count: number, pictures: number): boolean {
  return count >= pictures / 2;
}

/** Where the time goes, and then, for as long, how often each function is called: counting would cost time itself. */
async function look(inspector: Inspector, seconds: number): Promise<Profile> {
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: samplingUs });
  await inspector.call("Profiler.start");
  await sleep(seconds * 1000);
  const { profile } = (await inspector.call("Profiler.stop")) as { readonly profile: CpuProfile };
  await inspector.call("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const startMs = performance.now();
  await sleep(seconds * 1000);
  const taken = (await inspector.call("Profiler.takePreciseCoverage")) as { readonly result: ScriptCoverage[] };
  const counted = (performance.now() - startMs) / 1000;
  const calls = countCalls(taken.result);
  return { parts: sumParts(profile), calls, seconds: counted, pictures: counted * cameraShape.fps };
}

async function profile(server: RunningServer, { warmUpSeconds, seconds, quick }: BenchOptions): Promise<Profile> {
  const before = warmUpSeconds + (quick ? 0 : settleSeconds);
  const load = watch(server, { viewers, warmUpSeconds: before, seconds: 2 * seconds + 1 });
  await sleep(before * 1000);
  const inspector = await Inspector.connect(server);
  try {
    return await look(inspector, seconds);
  } finally {
    inspector.close();
    await load;
  }
}

function describeParts(parts: readonly PartTime[], seconds: number): string {
  const busyMs = parts.reduce((sum, { ms }) => sum + ms, 0);
  const lines = parts.map(({ part, ms }) => {
    const cells = [part, (ms / seconds / cameraShape.fps).toFixed(3), `${((100 * ms) / busyMs).toFixed(1)} %`];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `Where the main thread's time goes with ${viewers} viewers, accounts on, ${seconds} s (V8's profiler, every ${samplingUs} µs):`,
    "",
    "| Part (itself, without what it calls) | ms a picture | Share |",
    "| --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** `what 3.0, other 1.0` for each file, the file with the most called function first. */
function describeFiles(calls: readonly CallCount[], per: number): string[] {
  const files = [...new Set(calls.map(({ file }) => file))];
  return files.map((file) => {
    const own = calls.filter((call) => call.file === file);
    const times = own.map(({ name, count }) => `\`${name || "(no name)"}\` ${(count / per).toFixed(1)}`);
    return `| src/${file} | ${times.join(", ")} |`;
  });
}

function describeCalls({ calls, pictures, seconds }: Profile): string {
  const often = calls.filter(({ count }) => isForPictures(count, pictures));
  const seldom = calls.filter(({ count }) => !isForPictures(count, pictures));
  return [
    "What runs for each picture, and how often (V8's own count of calls, for as long again):",
    "",
    "| File | Calls a picture |",
    "| --- | --- |",
    ...describeFiles(often, pictures),
    "",
    "What else runs, by timers, whoever watches:",
    "",
    "| File | Calls a second |",
    "| --- | --- |",
    ...describeFiles(seldom, seconds),
  ].join("\n");
}

function accessRow({ calls, pictures, seconds }: Profile): Row {
  const about = calls.filter(({ file }) => isAboutAccess(file));
  const often = about.filter(({ count }) => isForPictures(count, pictures));
  const total = about.reduce((sum, { count }) => sum + count, 0);
  return {
    measure: `Functions about access (src/access, src/outputs/access, src/outputs/http/check-…) that run for a picture, ${viewers} viewers`,
    sightline: `${often.length} of ${calls.length} that run at all`,
    result: `${(total / seconds).toFixed(1)} calls a second in all, by timers, for ${pictures.toFixed(0)} pictures`,
    goal: "none",
    verdict: often.length === 0 ? "met" : "missed",
  };
}

/** What runs while 200 viewers watch, and that nothing of it asks who they are. */
export const measureProfile: Measure = async (context) => {
  const { options } = context;
  const observe = (server: RunningServer): Promise<Profile> => profile(server, options);
  const seen = await withServer("sightline", context, observe, { nodeArgs: inspectorArgs });
  context.record({ row: "profile", viewers, ...seen });
  const busiest = seen.calls[0]?.count ?? 0;
  if (busiest < seen.pictures * viewers * 0.9) throw new Error(`nothing was called for each viewer: ${busiest} calls`);
  context.addSection(describeParts(seen.parts, options.seconds));
  context.addSection(describeCalls(seen));
  return [accessRow(seen)];
};
