import assert from "node:assert/strict";
import { test } from "node:test";
import { countCalls, isAboutAccess, sumParts, type CpuProfile } from "../../bench/cpu-profile.ts";

const at = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url } });
const own = (path: string): string => `file:///somewhere/sightline/dist/${path}.js`;

test("the samples of a profile are summed by folder of ours, by package, and by what is not ours", () => {
  const profile: CpuProfile = {
    nodes: [
      at(1, "(root)", ""),
      at(2, "(idle)", ""),
      at(3, "(program)", ""),
      at(4, "(garbage collector)", ""),
      at(5, "offer", own("outputs/mjpeg/viewer")),
      at(6, "assembleIn", own("outputs/mjpeg/wire-part")),
      at(7, "onSent", own("app")),
      at(8, "write", "node:internal/streams/writable"),
      at(9, "writev", ""),
      at(10, "observe", "file:///somewhere/sightline/node_modules/prom-client/lib/histogram.js"),
      at(11, "read", "file:///somewhere/node_modules/sightline/dist/node_modules/@scope/name/dist/x.js"),
    ],
    samples: [2, 9, 5, 6, 9, 8, 4, 3, 7, 10, 11, 1],
    timeDeltas: [9000, 500, 300, 200, 600, 100, 90, 80, 70, 60, 50, 40],
  };
  const parts = sumParts(profile).map(({ part, ms }) => `${part} ${ms.toFixed(2)}`);
  assert.deepEqual(parts, [
    "C++ that JavaScript calls: system calls 1.10",
    "src/outputs/mjpeg 0.50",
    "Node's own JavaScript: sockets, timers 0.10",
    "garbage collection 0.09",
    "outside of JavaScript: event loop, V8 0.08",
    "src/app.ts 0.07",
    "npm: prom-client 0.06",
    "npm: @scope/name 0.05",
  ]);
});

test("calls of our functions are listed, the most called first; what was not called and what is not ours is left out", () => {
  const called = (functionName: string, ...counts: readonly number[]) => ({
    functionName,
    ranges: counts.map((count) => ({ count })),
  });
  const calls = countCalls([
    { url: own("access/gatekeeper"), functions: [called("identify", 0), called("#poll", 2, 7)] },
    { url: own("outputs/mjpeg/viewer"), functions: [called("offer", 200)] },
    { url: "node:net", functions: [called("write", 900)] },
  ]);
  assert.deepEqual(calls, [
    { file: "outputs/mjpeg/viewer.ts", name: "offer", count: 200 },
    { file: "access/gatekeeper.ts", name: "#poll", count: 2 },
  ]);
});

test("code about access is known by its place", () => {
  const files = ["access/gatekeeper.ts", "outputs/access/token-routes.ts", "outputs/http/check-access.ts"];
  assert.deepEqual(files.filter(isAboutAccess), files);
  const others = ["outputs/mjpeg/viewer.ts", "outputs/http/connections.ts", "config/check-config.ts", "hub/access.ts"];
  assert.deepEqual(others.filter(isAboutAccess), []);
});
