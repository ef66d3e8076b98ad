import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDifference, formatSummary, formatTable, judgeAtMost, replaceResults } from "../../bench/report.ts";

test("a summary shows its spread only where there is one", () => {
  assert.equal(formatSummary({ median: 2.04, min: 1.96, max: 2.5 }, "%"), "2.0 (2.0–2.5) %");
  assert.equal(formatSummary({ median: 2, min: 2, max: 2 }, "ms", 2), "2.00 ms");
});

test("a difference says which way", () => {
  assert.equal(formatDifference(1.24, "ms"), "+1.2 ms");
  assert.equal(formatDifference(-0.126, "%", 2), "−0.13 %");
});

test("a figure at its goal has met it", () => {
  assert.equal(judgeAtMost(0.4, 0.4), "met");
  assert.equal(judgeAtMost(0.41, 0.4), "missed");
});

test("the table has a line for each row and empty cells for what does not apply", () => {
  const table = formatTable([
    {
      measure: "CPU, 50 viewers",
      sightline: "3 %",
      ustreamer: "9 %",
      result: "0.33 ×",
      goal: "≤ 0.4 ×",
      verdict: "met",
    },
    { measure: "RSS", sightline: "70 MB", verdict: "noted" },
  ]);
  assert.deepEqual(table.split("\n"), [
    "| Measure | Sightline | ustreamer | C limit | Result | Goal | Verdict |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| CPU, 50 viewers | 3 % | 9 % |  | 0.33 × | ≤ 0.4 × | met |",
    "| RSS | 70 MB |  |  |  |  | noted |",
  ]);
});

test("results go between the marks, and nothing else of the document changes", () => {
  const begin = "<!-- results: written by the benchmark -->";
  const end = "<!-- end of results -->";
  const document = `# Title\n\n${begin}\nold\n${end}\ntail\n`;
  const replaced = replaceResults(document, "new");
  assert.equal(replaced, `# Title\n\n${begin}\n\nnew\n\n${end}\ntail\n`);
  assert.equal(replaceResults(replaced, "new"), replaced);
  assert.throws(() => replaceResults("# Title", "new"), /lacks <!-- results/);
});
