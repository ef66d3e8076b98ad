import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLog, type Log } from "../../../src/core/log.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";
import { StateFile } from "../../../src/store/state-file.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A disk that does as the test says; nothing is there to be read. */
function rig() {
  const clock = new FakeClock();
  const written: string[] = [];
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
  const disk = { write: async (): Promise<void> => {} };
  const write = async (path: string, text: string): Promise<void> => {
    assert.equal(path, "/nowhere/at/all/state.json");
    await disk.write();
    written.push(text);
  };
  return { clock, written, warnings, disk, file: new StateFile({ directory: "/nowhere/at/all", clock, log, write }) };
}

function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: no`), { code });
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

describe("what is remembered", () => {
  it("is there at once and on the disk half a second later, several changes in one write", async () => {
    const { clock, written, file } = rig();
    await file.start();
    file.set("controls", { a: 1 });
    file.set("power", { b: false });
    assert.deepEqual(file.get("controls"), { a: 1 });
    await clock.advance(499);
    assert.deepEqual(written, []);
    await clock.advance(1);
    assert.deepEqual(written, [json({ controls: { a: 1 }, power: { b: false } })]);
    assert.equal(clock.pending, 0);
  });

  it("is not written again unchanged", async () => {
    const { clock, written, file } = rig();
    await file.start();
    file.set("controls", undefined);
    await clock.advance(1000);
    file.set("controls", { a: 1 });
    await clock.advance(1000);
    file.set("controls", { a: 1 });
    await clock.advance(1000);
    file.set("controls", { a: 2 });
    file.set("controls", { a: 1 });
    await clock.advance(1000);
    await file.stop();
    assert.equal(written.length, 1);
  });

  it("can be written at once, for whoever may not get to stopping", async () => {
    const { clock, written, file } = rig();
    await file.start();
    file.set("a", 1);
    await file.flush();
    assert.deepEqual(written, [json({ a: 1 })]);
    await clock.advance(1000);
    await file.stop();
    assert.equal(written.length, 1);
  });

  it("is a copy: nobody shares an object with the store", () => {
    for (const store of [rig().file, memoryStore()]) {
      const mine = { list: [1] };
      store.set("a", mine);
      mine.list.push(2);
      assert.deepEqual(store.get("a"), { list: [1] });
      (store.get("a") as typeof mine).list.push(3);
      assert.deepEqual(store.get("a"), { list: [1] });
      store.set("a", undefined);
      assert.equal(store.get("a"), undefined);
    }
  });

  it("has one writer at a time, and what changed meanwhile is written after it", async () => {
    const { clock, written, disk, file } = rig();
    let finish = (): void => {};
    let writers = 0;
    disk.write = async () => {
      writers += 1;
      assert.equal(writers, 1);
      await new Promise<void>((resolve) => (finish = resolve));
      writers -= 1;
    };
    await file.start();
    file.set("a", 1);
    await clock.advance(500);
    file.set("a", 2);
    await clock.advance(500);
    file.set("a", 3);
    finish();
    await clock.advance(500);
    finish();
    await clock.advance(500);
    assert.deepEqual(written, [json({ a: 1 }), json({ a: 3 })]);
    await file.stop();
  });

  it("is warned of once when it cannot be written, and tried again at the next change and at the end", async () => {
    const { clock, written, warnings, disk, file } = rig();
    disk.write = () => Promise.reject(refusal("ENOSPC"));
    await file.start();
    file.set("a", 1);
    await clock.advance(500);
    await clock.advance(60_000);
    file.set("a", 2);
    await clock.advance(500);
    disk.write = () => Promise.reject(refusal("EROFS"));
    file.set("a", 3);
    await clock.advance(500);
    const start = "/nowhere/at/all/state.json cannot be written: the disk is";
    assert.deepEqual(warnings, [
      `${start} full (ENOSPC). What was set is lost at a restart`,
      `${start} read-only (EROFS). What was set is lost at a restart`,
    ]);
    assert.deepEqual(file.get("a"), 3);
    disk.write = async () => {};
    await file.stop();
    assert.deepEqual(written, [json({ a: 3 })]);
    assert.equal(clock.pending, 0);
  });

  it("does not keep Sightline from ending on a disk that hangs", async () => {
    const { clock, warnings, disk, file } = rig();
    disk.write = () => new Promise(() => {});
    await file.start();
    file.set("a", 1);
    const stopped = file.stop();
    await clock.advance(3_000);
    await stopped;
    assert.deepEqual(warnings, ["/nowhere/at/all/state.json is not written: the disk takes too long"]);
  });

  it("may be set before the start, and stopped without one", async () => {
    const { clock, written, file } = rig();
    await file.stop();
    file.set("a", 1);
    await clock.advance(1000);
    assert.deepEqual(written, []);
    await file.start();
    await file.stop();
    await file.stop();
    assert.deepEqual(written, [json({ a: 1 })]);
    file.set("a", 2);
    assert.equal(clock.pending, 0);
  });
});
