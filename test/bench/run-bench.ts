import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { artifactDirectory, repositoryRoot } from "../support/compile-native.ts";
import { runTool } from "../support/run-tool.ts";
import { measureAccounts } from "./accounts-rows.ts";
import { measureAttacks } from "./attack-rows.ts";
import { BenchRecord, mjpegShape, onStage, type BenchContext, type Measure } from "./bench-context.ts";
import { parseBenchOptions, usage, type BenchOptions, type RowGroup } from "./bench-options.ts";
import { measureFanOut } from "./fan-out-rows.ts";
import { measureHttps } from "./https-rows.ts";
import { measureMemory } from "./memory-rows.ts";
import { measureProfile } from "./profile-rows.ts";
import { measureRaw } from "./raw-rows.ts";
import { formatConditions, formatTable, replaceResults, type Conditions, type Row } from "./report.ts";
import { measureStalled } from "./stalled-rows.ts";
import { measureStartUp } from "./start-up-rows.ts";

const measures: Readonly<Record<RowGroup, Measure>> = {
  "fan-out": measureFanOut,
  https: measureHttps,
  accounts: measureAccounts,
  profile: measureProfile,
  stalled: measureStalled,
  attacks: measureAttacks,
  memory: measureMemory,
  "start-up": measureStartUp,
  raw: measureRaw,
};

const documentFile = join(repositoryRoot, "docs/benchmarks.md");

async function firstLine(command: string, ...args: readonly string[]): Promise<string> {
  const text = await runTool(command, args);
  return text.toString().split("\n")[0] ?? "";
}

/** `2 × Some Processor (aes, vaes, vpclmulqdq)`: the model, and what it has for AES-GCM. */
async function describeMachine(): Promise<string> {
  const processors = cpus();
  const known = await readFile("/proc/cpuinfo", "utf8");
  const features = /^(?:flags|Features)\s*:(.*)$/m.exec(known)?.[1]?.split(" ") ?? [];
  const forAes = ["aes", "vaes", "pclmulqdq", "vpclmulqdq", "pmull"].filter((name) => features.includes(name));
  const suffix = forAes.length > 0 ? ` (${forAes.join(", ")})` : "";
  return `${processors.length} × ${processors[0]?.model ?? "unknown processor"}${suffix}`;
}

async function describeConditions(
  { rounds, seconds, quick }: BenchOptions,
  meanFrameBytes: number,
  othersCpuPercent: number,
): Promise<Conditions> {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: await firstLine("git", "-C", repositoryRoot, "describe", "--always", "--dirty").catch(() => "unknown"),
    machine: await describeMachine(),
    node: process.versions.node,
    ustreamer: `ustreamer ${await firstLine("ustreamer", "--version")}`,
    rounds,
    seconds,
    quick,
    clip: `${mjpegShape.width}x${mjpegShape.height} at ${mjpegShape.fps} fps, ${(meanFrameBytes / 1000).toFixed(1)} kB a frame`,
    othersCpuPercent,
  };
}

async function measureAll(options: BenchOptions): Promise<void> {
  const record = new BenchRecord();
  await onStage(mjpegShape, async (stage) => {
    const context: BenchContext = {
      ...stage,
      options,
      record: (what) => record.add(what),
      recordLoad: (what, result) => record.addLoad(what, result),
      addSection: (text) => void record.sections.push(text),
    };
    const rows: Row[] = [];
    for (const group of options.groups) rows.push(...(await measures[group](context)));
    const meanFrameBytes = stage.camera.modes[0]?.meanFrameBytes ?? 0;
    const conditions = await describeConditions(options, meanFrameBytes, record.worstOthersCpuPercent);
    await publish(options, rows, conditions, record);
  });
}

async function publish(
  options: BenchOptions,
  rows: readonly Row[],
  conditions: Conditions,
  { runs, sections }: BenchRecord,
): Promise<void> {
  const json = options.json ?? join(await artifactDirectory(), "bench.json");
  await writeFile(json, `${JSON.stringify({ conditions, rows, runs }, undefined, 1)}\n`);
  const text = [formatConditions(conditions), formatTable(rows), ...sections].join("\n\n");
  process.stdout.write(`${text}\n`);
  process.stderr.write(`all figures: ${json}\n`);
  if (options.write) await writeFile(documentFile, replaceResults(await readFile(documentFile, "utf8"), text));
}

try {
  await measureAll(parseBenchOptions(process.argv.slice(2)));
} catch (error) {
  const badUsage = error instanceof RangeError || (error instanceof TypeError && "code" in error);
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${badUsage ? `${usage}\n` : ""}`);
  process.exitCode = badUsage ? 64 : 1;
}
