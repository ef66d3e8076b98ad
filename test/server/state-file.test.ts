import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog, type Log } from "../../src/core/log.ts";
import { StateFile } from "../../src/store/state-file.ts";
import { runTool } from "../support/run-tool.ts";

describe("state.json", () => {
  let directory = "";
  let warnings: string[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "state-"));
    warnings = [];
  });
  afterEach(() => rm(directory, { recursive: true }));

  const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
  const open = (where = directory): StateFile => new StateFile({ directory: where, clock: systemClock, log });
  const path = (): string => join(directory, "state.json");

  /** Starts, sets and stops: what is on the disk then is there to stay. */
  async function keep(section: string, value: unknown, where = directory): Promise<void> {
    const file = open(where);
    await file.start();
    file.set(section, value);
    await file.stop();
  }

  async function recall(section: string): Promise<unknown> {
    const file = open();
    await file.start();
    await file.stop();
    return file.get(section);
  }

  it("is there again after a restart, for its owner alone", async () => {
    const where = join(directory, "data/sightline");
    await keep("controls", { camera: { brightness: { value: 140, over: null } } }, where);
    await keep("power", "on", where);
    const file = open(where);
    await file.start();
    assert.deepEqual(file.get("controls"), { camera: { brightness: { value: 140, over: null } } });
    assert.equal(file.get("power"), "on");
    await file.stop();
    assert.equal((await stat(where)).mode & 0o777, 0o700);
    assert.equal((await stat(join(where, "state.json"))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(where), ["state.json"]);
    assert.deepEqual(warnings, []);
  });

  it("is not made, nor its folder, while there is nothing to remember", async () => {
    const where = join(directory, "data");
    const file = open(where);
    await file.start();
    await file.stop();
    await assert.rejects(stat(where), { code: "ENOENT" });
  });

  it("is left as it was written by hand until something changes", async () => {
    await writeFile(path(), '{"a":1,   "b": [true]}');
    assert.deepEqual(await recall("b"), [true]);
    assert.equal(await readFile(path(), "utf8"), '{"a":1,   "b": [true]}');
    await keep("a", 2);
    assert.deepEqual(JSON.parse(await readFile(path(), "utf8")), { a: 2, b: [true] });
  });

  for (const [what, content, reason] of [
    ["garbage", "\0\x01garbage", /is not JSON/],
    ["half a file", '{"controls": {"came', /is not JSON/],
    ["nothing", "", /is not JSON/],
    ["a list", "[1]", /is not JSON \(not an object\)/],
  ] as const) {
    it(`is kept aside when it holds ${what}, and Sightline goes on`, async () => {
      await writeFile(path(), content);
      assert.equal(await recall("controls"), undefined);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", reason);
      assert.ok(warnings[0]?.startsWith(`${path()} cannot be used: `), warnings[0]);
      assert.equal(await readFile(`${path()}.bad`, "utf8"), content);
      await keep("a", 1);
      assert.equal(await recall("a"), 1);
      assert.equal(warnings.length, 1);
    });
  }

  it("is kept aside when it cannot be read", async () => {
    await mkdir(path());
    await keep("a", 1);
    assert.deepEqual(warnings, [
      `${path()} cannot be used: it is a directory (EISDIR). It is kept as ${path()}.bad, and nothing is remembered`,
    ]);
    assert.equal(await recall("a"), 1);
  });

  it("is warned of once where nothing can be written", async () => {
    await writeFile(join(directory, "file"), "");
    const file = open(join(directory, "file"));
    await file.start();
    file.set("a", 1);
    await file.stop();
    assert.equal(file.get("a"), 1);
    const where = join(directory, "file/state.json");
    const reasons = warnings.map((warning) => warning.replace(where, "FILE"));
    assert.deepEqual(reasons, [
      "FILE cannot be used: a part of its path is not a directory (ENOTDIR). Nothing is remembered",
      "FILE cannot be written: a file is where its folder should be (EEXIST). What was set is lost at a restart",
    ]);
  });

  const noMount = process.getuid?.() === 0 ? false : "only root can mount a small disk";
  it("stays whole on a disk that fills up in the middle of a write", { skip: noMount }, async () => {
    const disk = join(directory, "disk");
    await mkdir(disk);
    await runTool("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]);
    after(() => runTool("umount", [disk]).catch(() => ""));
    await keep("a", "small", disk);
    await keep("b", "x".repeat(30_000), disk);
    assert.deepEqual(JSON.parse(await readFile(join(disk, "state.json"), "utf8")), { a: "small" });
    assert.deepEqual(await readdir(disk), ["state.json"]);
    assert.match(warnings.join("\n"), /^\S+ cannot be written: the disk is full \(ENOSPC\)\. .*$/);
    await runTool("umount", [disk]);
  });
});
