import assert from "node:assert/strict";
import { test } from "node:test";
import { bridgeId } from "../../../src/announce/bridge-id.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";

test("the bridge's id is made once and kept", () => {
  const store = memoryStore();
  const id = bridgeId(store);
  assert.match(id, /^[0-9a-f]{12}$/);
  assert.equal(bridgeId(store), id);
  assert.notEqual(bridgeId(memoryStore()), id);
});

test("what cannot be an id is replaced", () => {
  for (const stored of [null, "x", { id: 3 }, { id: "ABCDEF012345" }, { id: "../../../../etc" }]) {
    const store = memoryStore();
    store.set("bridge", stored);
    assert.match(bridgeId(store), /^[0-9a-f]{12}$/);
  }
});
