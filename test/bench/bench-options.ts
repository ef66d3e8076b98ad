import { parseArgs } from "node:util";

/** The groups of rows that can be measured alone. */
export const rowGroups = [
  "fan-out",
  "https",
  "accounts",
  "profile",
  "stalled",
  "attacks",
  "memory",
  "start-up",
  "raw",
] as const;
export type RowGroup = (typeof rowGroups)[number];

export interface BenchOptions {
  readonly groups: readonly RowGroup[];
  /** Short runs that show that everything works; no verdicts worth quoting. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Length of one measured run. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Length of the run that watches memory. */
  readonly memorySeconds: number;
  readonly viewers: readonly number[];
  /** Writes the table into docs/benchmarks.md. */
  readonly write: boolean;
  /** Where the figures go as JSON; absent: beside the compiled tests. */
  readonly json: string | undefined;
}

export const usage = `npm run bench -- [options]
  --quick            short runs: shows that everything works, no verdicts worth quoting
  --rows A,B         only these: ${rowGroups.join(", ")}
  --rounds N         interleaved runs of each server (default 5)
  --seconds N        length of a run (default 20)
  --memory-seconds N length of the run that watches memory (default 600)
  --viewers A,B      numbers of viewers in the fan-out rows (default 1,10,50,200)
  --write            put the table into docs/benchmarks.md
  --json FILE        where the figures go as JSON`;

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`--${option} ${text}: a number above 0 is needed`);
  return value;
}

function toGroup(text: string): RowGroup {
  const group = rowGroups.find((name) => name === text);
  if (group === undefined) throw new RangeError(`--rows ${text}: only ${rowGroups.join(", ")} exist`);
  return group;
}

/** Reads the command line. Throws a RangeError or TypeError in plain words for what it cannot use. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rows: { type: "string", default: rowGroups.join(",") },
      rounds: { type: "string" },
      seconds: { type: "string" },
      "memory-seconds": { type: "string" },
      viewers: { type: "string", default: "1,10,50,200" },
      write: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const { quick } = values;
  return {
    groups: values.rows.split(",").map(toGroup),
    quick,
    rounds: positive(values.rounds ?? (quick ? "1" : "5"), "rounds"),
    seconds: positive(values.seconds ?? (quick ? "2" : "20"), "seconds"),
    warmUpSeconds: quick ? 1 : 5,
    memorySeconds: positive(values["memory-seconds"] ?? (quick ? "5" : "600"), "memory-seconds"),
    viewers: values.viewers.split(",").map((text) => positive(text, "viewers")),
    write: values.write,
    json: values.json,
  };
}
