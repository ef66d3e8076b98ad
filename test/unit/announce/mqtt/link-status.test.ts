import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkState } from "../../../../src/announce/mqtt/link-status.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

test("attempts and the waits between them are one absence", async () => {
  const clock = new FakeClock();
  const state = new LinkState(clock);
  const facts = (): unknown[] => [state.name, state.sinceMs, state.reason];
  assert.deepEqual(facts(), ["off", clock.wallMs(), "not started yet"]);
  await clock.advance(10);
  state.change("connecting", "connecting");
  const goneMs = clock.wallMs();
  await clock.advance(10);
  state.change("waiting", "nothing listens there");
  await clock.advance(10);
  state.change("connecting", "nothing listens there");
  assert.deepEqual(facts(), ["connecting", goneMs, "nothing listens there"]);
  await clock.advance(10);
  state.change("connected", "connected");
  assert.deepEqual(facts(), ["connected", clock.wallMs(), "connected"]);
  const thereMs = clock.wallMs();
  await clock.advance(10);
  state.change("connected", "still");
  assert.deepEqual(facts(), ["connected", thereMs, "still"]);
  state.change("off", "stopping");
  assert.deepEqual(facts(), ["off", clock.wallMs(), "stopping"]);
});
