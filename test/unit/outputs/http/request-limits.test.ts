import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { everybody, permissionsOf, type Principal } from "../../../../src/access/principal.ts";
import { UnavailableError } from "../../../../src/core/errors.ts";
import { addressGroup } from "../../../../src/outputs/http/address-group.ts";
import { plainBasePath, withoutBasePath } from "../../../../src/protocol/http/base-path.ts";
import { openGuard, type GuardPort } from "../../../../src/outputs/http/guard-port.ts";
import { HttpTally } from "../../../../src/outputs/http/http-tally.ts";
import { OpenStreams } from "../../../../src/outputs/http/open-streams.ts";
import { TokenBuckets } from "../../../../src/outputs/http/token-buckets.ts";
import { HttpProblem } from "../../../../src/protocol/http/problem.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

test("a bucket gives its burst, then so much a second, to each by itself", async () => {
  const clock = new FakeClock();
  const buckets = new TokenBuckets(10, clock);
  const takeAll = (key: string): number => {
    let count = 0;
    while (buckets.take(key)) count += 1;
    return count;
  };
  assert.equal(takeAll("a"), 20);
  assert.equal(buckets.waitSeconds("a"), 1);
  assert.equal(takeAll("b"), 20);
  await clock.advance(500);
  assert.equal(takeAll("a"), 5);
  await clock.advance(60_000);
  assert.equal(takeAll("a"), 20);
  assert.equal(new TokenBuckets(Infinity, clock).take("a"), true);
});

test("slow buckets say how long to wait; a share below one still gives one", async () => {
  const clock = new FakeClock();
  const buckets = new TokenBuckets(0.1, clock);
  assert.equal(buckets.take("a"), true);
  assert.equal(buckets.take("a"), false);
  assert.equal(buckets.waitSeconds("a"), 10);
  await clock.advance(10_000);
  assert.equal(buckets.take("a"), true);
});

test("a hundred thousand addresses cost no more than ten thousand", () => {
  const buckets = new TokenBuckets(1, new FakeClock());
  for (let index = 0; index < 100_000; index += 1) buckets.take(`address ${index}`);
  assert.equal(buckets.size, 10_000);
});

const groups: readonly (readonly [address: string, group: string])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2:ffff::", "2001:db8:1:2::/64"],
  ["2001:DB8:1::6", "2001:db8:1:0::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["fd12:3456::7", "fd12:3456::7"],
  ["local", "local"],
  ["", ""],
];
for (const [address, group] of groups) {
  test(`limits know ${address || "nobody"} as ${group || "nobody"}`, () => assert.equal(addressGroup(address), group));
}

const paths: readonly (readonly [base: string, path: string, rest: string])[] = [
  ["/", "/api", "/api"],
  ["/", "/", "/"],
  ["/camera", "/camera/api", "/api"],
  ["/camera/", "/camera/api", "/api"],
  ["/camera", "/camera/", "/"],
  ["/camera", "/camera", ""],
  ["/camera", "/cameras", "/cameras"],
  ["/camera", "/cameras/x/stream", "/cameras/x/stream"],
  ["/camera", "/api", "/api"],
  ["/a/b", "/a/b/stream", "/stream"],
  ["/a/b", "/a/stream", "/a/stream"],
  ["/camera", "/CAMERA/api", "/CAMERA/api"],
];
for (const [base, path, rest] of paths) {
  test(`behind ${base}, ${path} is ${rest || "where the page begins"}`, () => {
    assert.equal(withoutBasePath(base, path), rest);
    assert.doesNotMatch(plainBasePath(base), /\/$/);
  });
}

function fakeResponse() {
  const socket = new EventEmitter() as EventEmitter & { destroyed: boolean; destroy(): void };
  socket.destroyed = false;
  const response = Object.assign(new EventEmitter(), { destroyed: false, closed: false, socket });
  socket.destroy = () => {
    socket.destroyed = true;
    response.emit("close");
  };
  return response as unknown as ServerResponse & EventEmitter;
}

function user(name: string): Principal {
  return { name, permissions: permissionsOf("viewer"), cameras: undefined, means: "basic" };
}

test("streams are limited in all and per user; an open house has no users", () => {
  const tally = new HttpTally(() => 0);
  const limits = { streams: 4, streamsPerUser: 2 };
  const streams = new OpenStreams({ limits, tally, guard: openGuard, clock: new FakeClock() });
  const watch = (who: Principal | undefined) => {
    streams.requireRoom(who);
    const response = fakeResponse();
    streams.add(who, response);
    return response;
  };
  watch(user("anna"));
  const second = watch(user("anna"));
  assert.throws(
    () => watch(user("anna")),
    (error) => error instanceof HttpProblem && error.status === 429,
  );
  watch(everybody);
  watch(everybody);
  assert.throws(
    () => watch(user("ben")),
    (error) => error instanceof HttpProblem && error.status === 503,
  );
  second.emit("close");
  assert.equal(streams.count, 3);
  watch(user("anna"));
  assert.deepEqual([tally.refusals["user-streams"], tally.refusals.streams], [1, 1]);
});

/** Streams of anna and ben, and a guard that lets them go on for `leftMs` of their name. */
function startWatching() {
  const clock = new FakeClock();
  const leftMs: Record<string, number> = { anna: Infinity, ben: Infinity };
  let change = (): void => {};
  const guard: GuardPort = {
    identify: () => Promise.reject(new UnavailableError("not asked")),
    challenges: () => [],
    remainingMs: ({ name }) => leftMs[name] ?? 0,
    onChange: (listener) => {
      change = listener;
      return () => {
        change = () => {};
      };
    },
  };
  const limits = { streams: 9, streamsPerUser: 9 };
  const streams = new OpenStreams({ limits, tally: new HttpTally(() => 0), guard, clock });
  const end = streams.obey();
  const watch = (name: string) => {
    const response = fakeResponse();
    streams.add(user(name), response);
    return response;
  };
  return { clock, leftMs, change: () => change(), streams, end, watch };
}

test("whoever may not watch any more watches no more, and nobody else is disturbed", () => {
  const { leftMs, change, streams, end, watch } = startWatching();
  const [anna, ben] = [watch("anna"), watch("ben")];
  change();
  assert.equal(anna.socket?.destroyed, false);
  leftMs["anna"] = 0;
  change();
  assert.deepEqual([anna.socket?.destroyed, ben.socket?.destroyed, streams.count], [true, false, 1]);
  end();
  leftMs["ben"] = 0;
  change();
  assert.equal(ben.socket?.destroyed, false);
});

test("a stream ends when what opened it does, with one timer for all, which a clock that is set does not mislead", async () => {
  const { clock, leftMs, streams, end, watch } = startWatching();
  const forEver = watch("ben");
  assert.equal(clock.pending, 0, "no timer for what has no end");
  leftMs["anna"] = 90 * 86_400_000; // longer than a timer can be
  const streamsOfAnna = [watch("anna"), watch("anna"), watch("anna")];
  assert.equal(clock.pending, 1);
  await clock.advance(59_999);
  leftMs["anna"] = 2_500; // somebody has set the clock
  await clock.advance(1);
  const [anna] = streamsOfAnna;
  assert.equal(anna?.socket?.destroyed, false);
  await clock.advance(2_499);
  leftMs["anna"] = 0;
  assert.equal(anna?.socket?.destroyed, false);
  await clock.advance(1);
  assert.deepEqual(
    streamsOfAnna.map(({ socket }) => socket?.destroyed),
    [true, true, true],
  );
  assert.deepEqual([clock.pending, streams.count, forEver.socket?.destroyed], [0, 1, false]);
  leftMs["anna"] = 1_000;
  watch("anna");
  assert.equal(clock.pending, 1);
  leftMs["ben"] = 100;
  watch("ben");
  assert.equal(clock.pending, 1);
  end();
  assert.equal(clock.pending, 0);
  watch("ben");
  assert.equal(clock.pending, 0, "nothing is begun after the end");
});

test("what ended while a door thought is ended at once", () => {
  const { leftMs, watch, streams } = startWatching();
  leftMs["anna"] = 0;
  assert.equal(watch("anna").socket?.destroyed, true);
  assert.equal(streams.count, 0);
});
