import type { Summary } from "./statistics.ts";

/** `noted`: a figure without a goal, or a run too short to judge by. */
export type Verdict = "met" | "missed" | "noted";

/** One line of the benchmark's table. Absent cells do not apply. */
export interface Row {
  readonly measure: string;
  readonly sightline: string;
  readonly ustreamer?: string;
  readonly limit?: string;
  /** What the goal is about: a ratio, or the figure itself. */
  readonly result?: string;
  readonly goal?: string;
  readonly verdict: Verdict;
}

/** Where and on what a report was measured. */
export interface Conditions {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
  readonly ustreamer: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Runs too short for their verdicts to mean anything. */
  readonly quick: boolean;
  readonly clip: string;
  /** CPU that neither the server nor the load generator used, in percent of one core, the worst run. */
  readonly othersCpuPercent: number;
}

const headings = ["Measure", "Sightline", "ustreamer", "C limit", "Result", "Goal", "Verdict"] as const;

/** `median (min–max)` in the unit's own digits. */
export function formatSummary({ median, min, max }: Summary, unit: string, digits = 1): string {
  const spread = min === max ? "" : ` (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  return `${median.toFixed(digits)}${spread} ${unit}`;
}

/** `+1.2 ms` or `−1.2 ms`. */
export function formatDifference(value: number, unit: string, digits = 1): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)} ${unit}`;
}

/** The verdict on a figure that must not be above `limit`. */
export function judgeAtMost(value: number, limit: number): Verdict {
  return value <= limit ? "met" : "missed";
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    tableLine([
      row.measure,
      row.sightline,
      row.ustreamer ?? "",
      row.limit ?? "",
      row.result ?? "",
      row.goal ?? "",
      row.verdict,
    ]),
  );
  return [tableLine(headings), tableLine(headings.map(() => "---")), ...lines].join("\n");
}

export function formatConditions(conditions: Conditions): string {
  const { date, commit, machine, node, ustreamer, rounds, seconds, quick, clip, othersCpuPercent } = conditions;
  return [
    `${date}, commit ${commit}; ${machine}; Node ${node}; ${ustreamer}.`,
    `Medians of ${rounds} interleaved runs of ${seconds} s (in brackets: lowest and highest); ${clip}.`,
    ...(quick ? ["Short runs: that everything works is all they show."] : []),
    `Others on the machine used at most ${othersCpuPercent.toFixed(0)} % of a core during a run.`,
  ].join("\n");
}

const beginMark = "<!-- results: written by the benchmark -->";
const endMark = "<!-- end of results -->";

/** `document` with the part between the two marks replaced. Throws an Error where a mark is missing. */
export function replaceResults(document: string, results: string): string {
  const begin = document.indexOf(beginMark);
  const end = document.indexOf(endMark);
  if (begin < 0 || end < begin) throw new Error(`the document lacks ${beginMark} … ${endMark}`);
  return `${document.slice(0, begin + beginMark.length)}\n\n${results}\n\n${document.slice(end)}`;
}
