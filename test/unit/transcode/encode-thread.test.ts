import assert from "node:assert/strict";
import { test } from "node:test";
import { EncodeThread } from "../../../src/transcode/encode-thread.ts";
import { NativeGate } from "../../../src/transcode/native-gate.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const request = { pixelFormat: "GREY", width: 1, height: 1, quality: 80 } as const;

/** A thread that runs `script`, with the answers it gives and why it failed. */
function startThread(script: string) {
  const source = `import { parentPort, workerData } from "node:worker_threads"; ${script}`;
  const clock = new FakeClock();
  const failures: string[] = [];
  let answered: (answer: unknown) => void = () => {};
  const answer = new Promise<unknown>((resolve) => (answered = resolve));
  const events = { answer: answered, failed: (reason: Error) => failures.push(reason.message) };
  const thread = new EncodeThread(new URL(`data:text/javascript,${encodeURIComponent(source)}`), events, clock);
  return { thread, clock, failures, answer };
}

test("a thread that does as it is told ends by itself and leaves no timer", async () => {
  const polite = `parentPort.on("message", (message) => message === "end" && parentPort.close());`;
  const { thread, clock, failures } = startThread(polite);
  await thread.end();
  assert.deepEqual([failures, clock.pending], [[], 0]);
});

test("one that does not is terminated after a while", async () => {
  const { thread, clock } = startThread(`parentPort.on("message", () => {});`);
  const ended = thread.end();
  await clock.advance(2000);
  await ended;
  assert.equal(clock.pending, 0);
});

test("one that is inside of native code is waited for, whatever it takes", async () => {
  const busy = `
    const state = new Int32Array(workerData);
    parentPort.once("message", () => {
      Atomics.or(state, 0, 1);
      parentPort.postMessage({ error: "inside" });
      parentPort.on("message", (message) => message !== "end" && parentPort.close());
    });`;
  const { thread, clock, answer } = startThread(busy);
  thread.post(request);
  assert.deepEqual(await answer, { error: "inside" });
  let isGone = false;
  const ended = thread.end().then(() => (isGone = true));
  await clock.advance(60_000);
  assert.deepEqual([isGone, clock.pending], [false, 1]);
  thread.post(request);
  await ended;
  assert.equal(clock.pending, 0);
});

test("a gate that was shut lets nobody in, and knows when the last one left", () => {
  const gate = new NativeGate();
  const other = new NativeGate(gate.memory);
  assert.equal(other.enter(), true);
  gate.shut();
  assert.equal(gate.isInside, true);
  other.leave();
  assert.deepEqual([gate.isInside, other.enter()], [false, false]);
});
