import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { OutgoingMessage } from "../../../../src/announce/mqtt/message.ts";
import { Outbox, type OutboxBounds } from "../../../../src/announce/mqtt/outbox.ts";
import { settle } from "../../../support/fake-clock.ts";

/** An outbox whose messages are under way until the test says how they end. */
class Rig {
  readonly sent: OutgoingMessage[] = [];
  readonly outbox: Outbox;
  readonly #under: PromiseWithResolvers<void>[] = [];

  constructor(bounds: Partial<OutboxBounds> = {}) {
    this.outbox = new Outbox({ events: 3, sizeBytes: 1_000, ...bounds }, (message) => {
      this.sent.push(message);
      const under = withResolvers();
      this.#under.push(under);
      return under.promise;
    });
  }

  get underWay(): number {
    return this.#under.length;
  }

  /** The oldest message under way has arrived. */
  async arrive(): Promise<void> {
    this.#under.shift()?.resolve();
    await settle();
  }

  async fail(): Promise<void> {
    this.#under.shift()?.reject(new Error("gone"));
    await settle();
  }

  async arriveAll(): Promise<void> {
    while (this.#under.length > 0) await this.arrive();
  }

  get texts(): readonly string[] {
    return this.sent.map(({ topic, payload }) => `${topic}=${payload.toString()}`);
  }
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve = (): void => {};
  let reject: (reason?: unknown) => void = () => {};
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: () => void;
  readonly reject: (reason?: unknown) => void;
}

const state = (topic: string, payload: string): OutgoingMessage => ({ topic, payload, qos: 1, retain: true });
const picture = (topic: string, sizeBytes: number): OutgoingMessage => ({
  topic,
  payload: Buffer.alloc(sizeBytes),
  qos: 0,
  retain: false,
});
const event = (topic: string, payload: string): OutgoingMessage => ({ ...state(topic, payload), isEvent: true });

describe("outbox", () => {
  it("sends at once, and no more at the same time than allowed", async () => {
    const rig = new Rig();
    rig.outbox.maxInFlight = 2;
    for (const topic of ["a", "b", "c"]) rig.outbox.put(state(topic, "1"));
    assert.deepEqual(rig.texts, ["a=1", "b=1"]);
    assert.equal(rig.outbox.length, 3);
    await rig.arrive();
    assert.deepEqual(rig.texts, ["a=1", "b=1", "c=1"]);
    await rig.arriveAll();
    assert.deepEqual(rig.outbox.counts, { sent: 3, replaced: 0, dropped: 0 });
    assert.equal(rig.outbox.length, 0);
  });

  it("keeps of each topic only the newest, at the place of the newest", async () => {
    const rig = new Rig();
    for (const message of [state("x", "0"), state("a", "1"), state("b", "1"), state("a", "2")]) rig.outbox.put(message);
    assert.equal(rig.outbox.sizeBytes, 2);
    await rig.arriveAll();
    assert.deepEqual(rig.texts, ["x=0", "b=1", "a=2"]);
    assert.equal(rig.outbox.counts.replaced, 1);
  });

  it("keeps every event, in its order among the others", async () => {
    const rig = new Rig();
    rig.outbox.put(state("x", "0"));
    for (const text of ["1", "2"]) rig.outbox.put(event("a", text));
    rig.outbox.put(state("a", "3"));
    await rig.arriveAll();
    assert.deepEqual(rig.texts, ["x=0", "a=1", "a=2", "a=3"]);
    assert.deepEqual(rig.outbox.counts, { sent: 4, replaced: 0, dropped: 0 });
  });

  it("gives up the oldest event when there are too many, and no state", async () => {
    const rig = new Rig({ events: 2 });
    rig.outbox.put(state("x", "0"));
    rig.outbox.put(state("s", "1"));
    for (const text of ["1", "2", "3"]) rig.outbox.put(event("e", text));
    await rig.arriveAll();
    assert.deepEqual(rig.texts, ["x=0", "s=1", "e=2", "e=3"]);
    assert.equal(rig.outbox.counts.dropped, 1);
  });

  it("gives up pictures first when there is no room: another one comes, a state does not", async () => {
    const rig = new Rig({ sizeBytes: 1_000 });
    rig.outbox.put(state("x", "0"));
    rig.outbox.put(state("config", "c".repeat(300)));
    rig.outbox.put(picture("image/1", 400));
    rig.outbox.put(picture("image/2", 400));
    assert.equal(rig.outbox.sizeBytes, 700);
    rig.outbox.put(state("config/2", "d".repeat(300)));
    assert.equal(rig.outbox.sizeBytes, 1_000);
    rig.outbox.put(state("config/3", "e".repeat(300)));
    await rig.arriveAll();
    assert.deepEqual(
      rig.sent.map(({ topic }) => topic),
      ["x", "config", "config/2", "config/3"],
    );
    assert.equal(rig.outbox.counts.dropped, 2);
  });

  it("gives up the oldest state where nothing but states is left, and never the newest message", async () => {
    const rig = new Rig({ sizeBytes: 500 });
    rig.outbox.put(state("x", "0"));
    rig.outbox.put(state("a", "a".repeat(300)));
    rig.outbox.put(state("b", "b".repeat(300)));
    rig.outbox.put(picture("c", 5_000));
    await rig.arriveAll();
    assert.deepEqual(
      rig.sent.map(({ topic }) => topic),
      ["x", "c"],
    );
  });

  it("counts bytes as they are on the wire", () => {
    const rig = new Rig();
    rig.outbox.put(state("x", "0"));
    rig.outbox.put(state("a", "ü"));
    assert.equal(rig.outbox.sizeBytes, 2);
  });

  it("goes on after a message that was refused", async () => {
    const rig = new Rig();
    for (const topic of ["a", "b"]) rig.outbox.put(state(topic, "1"));
    await rig.fail();
    assert.deepEqual(rig.texts, ["a=1", "b=1"]);
    await rig.arriveAll();
    assert.deepEqual(rig.outbox.counts, { sent: 1, replaced: 0, dropped: 1 });
  });

  it("tells when nothing is left", async () => {
    const rig = new Rig();
    await rig.outbox.flushed();
    for (const topic of ["a", "b"]) rig.outbox.put(state(topic, "1"));
    let isFlushed = false;
    const flushed = rig.outbox.flushed().then(() => (isFlushed = true));
    await rig.arrive();
    assert.equal(isFlushed, false);
    await rig.arrive();
    await flushed;
  });

  it("is flushed when what waited was given up and what was under way has failed", async () => {
    const rig = new Rig();
    for (const topic of ["a", "b", "c"]) rig.outbox.put(state(topic, "1"));
    let isFlushed = false;
    const flushed = rig.outbox.flushed().then(() => (isFlushed = true));
    rig.outbox.clear();
    await settle();
    assert.equal(isFlushed, false);
    await rig.fail();
    await flushed;
    assert.deepEqual(rig.texts, ["a=1"]);
    assert.equal(rig.outbox.sizeBytes, 0);
  });

  it("never holds more than its bounds, and sends the newest of everything in the end", async () => {
    const topic = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const message = fc.record({ topic, size: fc.nat(300), isEvent: fc.boolean() });
    const step = fc.oneof(message, fc.constant("arrive" as const), fc.constant("fail" as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const rig = new Rig();
        let newest: OutgoingMessage | undefined;
        for (const now of steps) {
          if (now === "arrive") await rig.arrive();
          else if (now === "fail") await rig.fail();
          else {
            newest = { ...picture(now.topic, now.size), isEvent: now.isEvent };
            rig.outbox.put(newest);
          }
          assert.ok(rig.outbox.sizeBytes <= 1_000);
          assert.ok(rig.outbox.length <= 6 + 3 + 1);
          assert.ok(rig.underWay <= 1);
        }
        await rig.arriveAll();
        assert.equal(rig.outbox.length, 0);
        assert.equal(rig.outbox.sizeBytes, 0);
        assert.equal(rig.sent.at(-1), newest);
      }),
      { numRuns: 60 },
    );
  });
});
