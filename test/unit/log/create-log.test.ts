import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { createLog, type LogOptions } from "../../../src/log/create-log.ts";
import { DescriptorOutput } from "../../../src/log/descriptor-output.ts";
import type { LogOutput } from "../../../src/log/log-output.ts";

const options: LogOptions = { level: "info", format: "auto", maxBytes: 5_000_000, backups: 2 };

class Lines implements LogOutput {
  readonly isTerminal: boolean;
  text = "";
  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }
  write(line: string): void {
    this.text += line;
  }
  flush(): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sightline-log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function parse(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("one JSON object a line where nobody looks on, with level by name and fields of the child", async () => {
  const output = new Lines(false);
  const log = await createLog(options, { output });
  log.child({ camera: "a" }).warn({ frames: 3n, password: "x" }, "late\nline");
  log.debug({}, "not said");
  const [line, ...more] = parse(output.text);
  assert.match(String(line?.["time"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(
    { ...line, time: 0 },
    {
      level: "warn",
      time: 0,
      camera: "a",
      frames: "3",
      password: "(hidden)",
      msg: "late\\nline",
    },
  );
  assert.deepEqual(more, []);
});

test("pretty on a terminal and where it is asked for, JSON where that is", async () => {
  for (const [format, isTerminal, isPretty] of [
    ["auto", true, true],
    ["auto", false, false],
    ["pretty", false, true],
    ["json", true, false],
  ] as const) {
    const output = new Lines(isTerminal);
    const log = await createLog({ ...options, format }, { output });
    log.info({ port: 1 }, "listening");
    // oxlint-disable-next-line no-control-regex
    const plain = output.text.replaceAll(/\u001b\[\d+m/g, "");
    if (isPretty) assert.match(plain, /^\[\d{4}-\d\d-\d\d [\d:.]+\] INFO: listening \{"port":1\}\n$/);
    else assert.equal(parse(plain)[0]?.["msg"], "listening");
  }
});

test("a client cannot forge a pretty line by message, field, key or error", async () => {
  const output = new Lines(false);
  const log = await createLog({ ...options, format: "pretty" }, { output, secrets: ["hunter2"] });
  const forged = "x\n[2026-01-01 00:00:00.000] ERROR: hunter2\u001b[31m\u009b2J\u2028";
  log.child({ [forged]: forged }).error({ path: forged, err: new Error(forged) }, forged);
  const starts = output.text.split("\n").filter((line) => /^\[\d/.test(line));
  assert.equal(starts.length, 1);
  assert.doesNotMatch(output.text, /hunter2/);
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(output.text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/);
});

test("each level lets through itself and what is above", async () => {
  const counts: number[] = [];
  for (const level of ["debug", "info", "warn", "error", "fatal"] as const) {
    const output = new Lines(false);
    const log = await createLog({ ...options, level }, { output });
    for (const name of ["debug", "info", "warn", "error"] as const) log[name]({}, "x");
    counts.push(output.text.split("\n").length - 1);
  }
  assert.deepEqual(counts, [4, 3, 2, 1, 0]);
});

test("a log file takes the lines; a terminal still gets them too", async () => {
  for (const isTerminal of [false, true]) {
    const output = new Lines(isTerminal);
    const log = await createLog({ ...options, file: join(directory, `${isTerminal}`, "s.log") }, { output });
    log.info({ n: 1 }, "one");
    await log.close();
    await log.close();
    log.info({}, "too late");
    assert.equal(output.text.includes("one"), isTerminal);
    assert.equal(parse(readFileSync(join(directory, `${isTerminal}`, "s.1.log"), "utf8")).length, 1);
  }
});

test("log files rotate by size also in a flood, old ones go, also those of an earlier run", async () => {
  const file = join(directory, "s.log");
  writeFileSync(join(directory, "s.1.log"), "old\n");
  writeFileSync(join(directory, "s.2.log"), "x".repeat(9_000));
  const log = await createLog({ ...options, file, maxBytes: 10_000 }, { output: new Lines(false) });
  const names = () => readdirSync(directory).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  for (let count = 0; count < 20_000 && !names().includes("s.6.log"); count += 1) {
    log.info({ count }, "x".repeat(500));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  assert.deepEqual(names().slice(-3), ["s.4.log", "s.5.log", "s.6.log"]);
  assert.ok(!names().includes("s.1.log") && !names().includes("s.2.log"));
  const counts = ["s.4.log", "s.5.log"].flatMap((name) => parse(readFileSync(join(directory, name), "utf8")));
  const first = Number(counts[0]?.["count"]);
  assert.deepEqual(
    counts.map((line) => line["count"]),
    counts.map((_, index) => first + index),
  );
});

test("a log file that cannot be opened says why", async () => {
  writeFileSync(join(directory, "plain"), "");
  const opening = createLog({ ...options, file: join(directory, "plain", "s.log") }, { output: new Lines(false) });
  await assert.rejects(opening, {
    name: "StorageError",
    message: /plain\/s\.log cannot be opened: a part of its path is not a directory$/,
  });
  const deep = createLog({ ...options, file: join(directory, "a", "b", "s.log") }, { output: new Lines(false) });
  await assert.rejects(deep, {
    name: "StorageError",
    message: /its directory cannot be made: the one above is not there$/,
  });
});

test("lines to a descriptor come whole and in order, and closing waits for them", async () => {
  const path = join(directory, "out");
  const descriptor = openSync(path, "a");
  const output = new DescriptorOutput(descriptor);
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`);
  for (const line of lines) output.write(line);
  await output.close();
  output.write("too late\n");
  closeSync(descriptor);
  assert.equal(readFileSync(path, "utf8"), lines.join(""));
});

test("lines to a reader that is gone are dropped in silence", async () => {
  const descriptor = openSync("/dev/full", "w");
  const output = new DescriptorOutput(descriptor);
  for (let index = 0; index < 100; index += 1) output.write("lost\n");
  output.flush();
  await output.close();
  closeSync(descriptor);
});
