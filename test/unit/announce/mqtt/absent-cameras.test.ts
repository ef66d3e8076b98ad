import assert from "node:assert/strict";
import { test } from "node:test";
import { AbsentCameras } from "../../../../src/announce/mqtt/absent-cameras.ts";
import { memoryStore } from "../../../../src/store/memory-store.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const dayMs = 86_400_000;

test("a camera is remembered for 30 days after it was seen last", async () => {
  const clock = new FakeClock();
  const store = memoryStore();
  const absent = new AbsentCameras(store, clock);
  absent.seen(["front"]);
  await clock.advance(29 * dayMs);
  assert.equal(new AbsentCameras(store, clock).isForgotten("front"), false);
  absent.seen(["front"]);
  await clock.advance(30 * dayMs);
  assert.equal(absent.isForgotten("front"), false);
  await clock.advance(dayMs + 1);
  assert.equal(absent.isForgotten("front"), true);
});

test("one that nothing is known of counts from now on", async () => {
  const clock = new FakeClock();
  const absent = new AbsentCameras(memoryStore(), clock);
  assert.equal(absent.isForgotten("front"), false);
  await clock.advance(31 * dayMs);
  assert.equal(absent.isForgotten("front"), true);
  absent.forget("front");
  assert.equal(absent.isForgotten("front"), false);
});

test("the store is not written more than once a day", () => {
  const clock = new FakeClock();
  const memory = memoryStore();
  let writes = 0;
  const set = (section: string, value: unknown): void => {
    writes += 1;
    memory.set(section, value);
  };
  const absent = new AbsentCameras({ get: (section) => memory.get(section), set }, clock);
  absent.seen(["front", "back"]);
  absent.seen(["front"]);
  absent.seen([]);
  absent.forget("other");
  assert.equal(writes, 1);
});

test("what somebody wrote into the store by hand harms nobody", () => {
  for (const value of [null, [], "text", { front: "yesterday" }, 3]) {
    const store = memoryStore();
    store.set("mqtt-cameras", value);
    assert.equal(new AbsentCameras(store, new FakeClock()).isForgotten("front"), false);
  }
});
