/** Where a function is, as V8 tells it. */
interface CallFrame {
  readonly functionName: string;
  /** Of a file, `node:…`, or empty: C++, or one of V8's own parts in brackets. */
  readonly url: string;
}

/** `Profiler.stop`'s answer, as much of it as is used. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Ids of nodes, and the microseconds before each. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** One script of `Profiler.takePreciseCoverage`; the first range of a function is the whole of it. */
export interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly count: number }[];
  }[];
}

/** A part of the program, and how long it ran itself. */
export interface PartTime {
  readonly part: string;
  readonly ms: number;
}

/** A function of ours, and how often it was called. */
export interface CallCount {
  /** From src/, for example `outputs/mjpeg/viewer.ts`. */
  readonly file: string;
  readonly name: string;
  readonly count: number;
}

const ownFile = /\/dist\/(.+)\.js$/;
const packageFile = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** The source of a file of the built program; undefined: not of ours. */
function sourceOf(url: string): string | undefined {
  const path = packageFile.test(url) ? undefined : ownFile.exec(url)?.[1];
  return path === undefined ? undefined : `${path}.ts`;
}

function partOf({ functionName, url }: CallFrame): string {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "outside of JavaScript: event loop, V8";
  if (url === "") return "C++ that JavaScript calls: system calls";
  if (url.startsWith("node:")) return "Node's own JavaScript: sockets, timers";
  const source = sourceOf(url);
  if (source === undefined) return `npm: ${packageFile.exec(url)?.[1] ?? url}`;
  return `src/${source.includes("/") ? source.slice(0, source.lastIndexOf("/")) : source}`;
}

/** The time of each part by itself, without what it called; the longest first. Idling is no part. */
export function sumParts({ nodes, samples, timeDeltas }: CpuProfile): readonly PartTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const sums = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || frame.functionName === "(idle)" || frame.functionName === "(root)") continue;
    const part = partOf(frame);
    sums.set(part, (sums.get(part) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return [...sums].map(([part, ms]) => ({ part, ms })).toSorted((a, b) => b.ms - a.ms);
}

/** The functions of the built program that were called, the most called first. A file's own body has no name. */
export function countCalls(scripts: readonly ScriptCoverage[]): readonly CallCount[] {
  const calls = scripts.flatMap(({ url, functions }) => {
    const file = sourceOf(url);
    if (file === undefined) return [];
    return functions.map(({ functionName, ranges }) => ({ file, name: functionName, count: ranges[0]?.count ?? 0 }));
  });
  return calls.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
}

/** Whether a file (from src/) is about who may do what. */
export function isAboutAccess(file: string): boolean {
  return /^(outputs\/)?access\/|^outputs\/http\/(check-|guard-|limit-|open-door)/.test(file);
}
