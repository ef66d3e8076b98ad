import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseResidentBytes, parseSocketMemory } from "../../bench/process-memory.ts";

test("the resident set comes from its own line", () => {
  assert.equal(
    parseResidentBytes("Name:\tnode\nVmHWM:\t   70000 kB\nVmRSS:\t   68412 kB\nThreads:\t11\n"),
    68412 * 1024,
  );
  assert.throws(() => parseResidentBytes("Name:\tkthreadd\nThreads:\t1\n"), /no VmRSS/);
});

test("queues and memory of connections are read from what ss prints", () => {
  const text = [
    "127787 0      127.0.0.1:54180 127.0.0.1:38503 skmem:(r128619,rb131072,t0,tb3939840,f2453,w0,o0,bl0,d11)",
    "0      2543210      [::ffff:127.0.0.1]:8080 [::ffff:127.0.0.1]:54190 skmem:(r0,rb131072,t0,tb2626560,f1472,w2617920,o0,bl0,d0)",
    "",
  ].join("\n");
  assert.deepEqual(parseSocketMemory(text), [
    { sendQueueBytes: 0, usedBytes: 0, limitBytes: 3939840 },
    { sendQueueBytes: 2543210, usedBytes: 2617920, limitBytes: 2626560 },
  ]);
  assert.deepEqual(parseSocketMemory(""), []);
});

test("any text gives numbers or nothing", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const socket of parseSocketMemory(text)) {
        assert.ok(Object.values(socket).every((value) => Number.isInteger(value) && value >= 0));
      }
    }),
  );
});
