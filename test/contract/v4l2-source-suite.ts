// Run by source-v4l2.test.ts in a process that sees a fake camera at SOURCE_DEVICE.
import assert from "node:assert/strict";
import { createV4l2Source } from "../../src/capture/v4l2/v4l2-source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { testSource } from "./source-contract.ts";

const device = process.env["SOURCE_DEVICE"];
assert.ok(device, "SOURCE_DEVICE is not set");
const shared = { format: "auto", clock: systemClock, log: silentLog };

testSource({
  name: "v4l2",
  create: () => createV4l2Source({ ...shared, device }),
  failing: [
    {
      name: "no such device",
      create: () => createV4l2Source({ ...shared, device: `${device}-not-there` }),
      words: /-not-there/,
    },
    { name: "not a camera", create: () => createV4l2Source({ ...shared, device: "/dev/null" }), words: /\/dev\/null/ },
    {
      name: "a format it does not have",
      create: () => createV4l2Source({ ...shared, device, format: "nv12" }),
      words: /nv12/i,
    },
  ],
});
