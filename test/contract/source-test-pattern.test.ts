import { createTestPatternCamera } from "../../src/capture/test-pattern/test-pattern-camera.ts";
import { createTestPatternSource } from "../../src/capture/test-pattern/test-pattern-source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { testSource } from "./source-contract.ts";

testSource({
  name: "test-pattern",
  create: () => createTestPatternSource({ width: 320, height: 180, fps: 50, clock: systemClock }),
  failing: [],
});

testSource({
  name: "test-pattern with controls",
  create: () => {
    const picture = { width: 320, height: 180, fps: 50, controls: { palette: "Grey", zoom: 1 } };
    return createTestPatternCamera({ id: "x", ...picture, store: memoryStore(), clock: systemClock, log: silentLog })
      .source;
  },
  failing: [],
});
