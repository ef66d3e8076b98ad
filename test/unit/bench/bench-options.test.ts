import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBenchOptions, rowGroups } from "../../bench/bench-options.ts";

test("without options everything is measured at full length", () => {
  assert.deepEqual(parseBenchOptions([]), {
    groups: [...rowGroups],
    quick: false,
    rounds: 5,
    seconds: 20,
    warmUpSeconds: 5,
    memorySeconds: 600,
    viewers: [1, 10, 50, 200],
    write: false,
    json: undefined,
  });
});

test("--quick shortens what is not given", () => {
  const { rounds, seconds, memorySeconds } = parseBenchOptions(["--quick", "--seconds", "3"]);
  assert.deepEqual([rounds, seconds, memorySeconds], [1, 3, 5]);
});

test("rows and viewers are lists", () => {
  const { groups, viewers } = parseBenchOptions(["--rows", "raw,memory", "--viewers", "5,7"]);
  assert.deepEqual(groups, ["raw", "memory"]);
  assert.deepEqual(viewers, [5, 7]);
});

test("what cannot be used is refused in plain words", () => {
  for (const [args, message] of [
    [
      ["--rows", "raw,speed"],
      /--rows speed: only fan-out, https, accounts, profile, stalled, attacks, memory, start-up, raw exist/,
    ],
    [["--rounds", "0"], /--rounds 0: a number above 0/],
    [["--seconds", "long"], /--seconds long: a number above 0/],
    [["--viewers", "1,,2"], /--viewers : a number above 0/],
  ] as const) {
    assert.throws(() => parseBenchOptions(args), { name: "RangeError", message });
  }
  assert.throws(() => parseBenchOptions(["--fast"]), { name: "TypeError", message: /--fast/ });
});
