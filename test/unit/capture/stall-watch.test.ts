import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StallWatch } from "../../../src/capture/stall-watch.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function watch(nominalMs = 0) {
  const clock = new FakeClock();
  const stalls: number[] = [];
  const stallWatch = new StallWatch(clock, nominalMs, (silentMs) => stalls.push(silentMs));
  const pictures = async (count: number, everyMs: number) => {
    for (let i = 0; i < count; i++) {
      await clock.advance(everyMs);
      stallWatch.picture();
    }
  };
  return { clock, stalls, stallWatch, pictures };
}

describe("stall watch", () => {
  it("gives the first picture five seconds", async () => {
    const { clock, stalls } = watch();
    await clock.advance(4990);
    assert.deepEqual(stalls, []);
    await clock.advance(20);
    assert.deepEqual(stalls, [5000]);
    assert.equal(clock.pending, 0);
  });

  it("allows two seconds between fast pictures, counted from the last one", async () => {
    const { clock, stalls, pictures } = watch();
    await pictures(90, 33);
    await clock.advance(1990);
    assert.deepEqual(stalls, []);
    await clock.advance(20);
    assert.equal(stalls.length, 1);
    assert.ok(Math.abs((stalls[0] ?? 0) - 2000) <= 1, `${stalls[0]} ms`);
  });

  it("allows five usual intervals between slow pictures", async () => {
    const { clock, stalls, pictures } = watch();
    await pictures(5, 1000);
    await clock.advance(4990);
    assert.deepEqual(stalls, []);
    await clock.advance(20);
    assert.equal(stalls.length, 1);
  });

  it("does not take bursts for a high rate", async () => {
    const { stalls, clock, pictures, stallWatch } = watch();
    for (let burst = 0; burst < 10; burst++) {
      await pictures(1, 1900);
      stallWatch.picture();
      stallWatch.picture();
    }
    assert.deepEqual(stalls, []);
    await clock.advance(20_000);
    assert.equal(stalls.length, 1);
  });

  it("knows a slow rate that was asked for before it sees it", async () => {
    const { clock, stalls, pictures } = watch(10_000);
    await clock.advance(49_990);
    await pictures(1, 0);
    await clock.advance(49_990);
    assert.deepEqual(stalls, []);
    await clock.advance(20);
    assert.equal(stalls.length, 1);
  });

  it("leaves no timer behind when stopped", async () => {
    const { clock, stalls, stallWatch } = watch();
    stallWatch.stop();
    assert.equal(clock.pending, 0);
    await clock.advance(60_000);
    assert.deepEqual(stalls, []);
  });
});
