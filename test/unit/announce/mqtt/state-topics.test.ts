import assert from "node:assert/strict";
import { test } from "node:test";
import { StateTopics } from "../../../../src/announce/mqtt/state-topics.ts";
import { FakePublisher } from "./mqtt-fakes.ts";

test("tells what is new only, and everything again when asked to", () => {
  const publisher = new FakePublisher();
  const states = new StateTopics(publisher);
  states.tell("a", "1");
  states.tell("a", "1");
  states.tell("b", { x: 1 });
  states.tell("b", { x: 1 });
  assert.deepEqual(publisher.take(), [
    { topic: "a", payload: "1", qos: 1, retain: true },
    { topic: "b", payload: '{"x":1}', qos: 1, retain: true },
  ]);
  states.tell("b", { x: 2 });
  states.repeat();
  assert.deepEqual(
    publisher.take().map(({ topic, payload }) => `${topic}=${payload.toString()}`),
    ['b={"x":2}', "a=1", 'b={"x":2}'],
  );
  states.forget();
  states.repeat();
  assert.deepEqual(publisher.take(), []);
  states.tell("a", "1");
  assert.equal(publisher.take().length, 1);
});
