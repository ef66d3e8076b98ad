import { createTestPatternSource } from "../../src/capture/test-pattern/test-pattern-source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { testSource } from "./source-contract.ts";

testSource({
  name: "test-pattern",
  create: () => createTestPatternSource({ width: 320, height: 180, fps: 50, clock: systemClock }),
  failing: [],
});
