import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FailureLimits, networkOf } from "../../../src/access/failures.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** How many attempts go through before one has to wait. */
function attemptsUntilRefused(
  limits: FailureLimits,
  address: (n: number) => string,
  user: (n: number) => string,
): number {
  for (let count = 0; count < 1_000; count += 1) if (limits.attempt(address(count), user(count)) > 0) return count;
  return Infinity;
}

const always = (text: string) => (): string => text;

describe("limits of failures", () => {
  it("let five go, then one a minute, for address and user", async () => {
    const clock = new FakeClock();
    const limits = new FailureLimits(clock);
    assert.equal(attemptsUntilRefused(limits, always("192.0.2.1"), always("anna")), 5);
    assert.equal(limits.attempt("192.0.2.1", "anna"), 60);
    assert.equal(limits.attempt("192.0.2.2", "anna"), 0);
    assert.equal(limits.attempt("192.0.2.1", "berta"), 0);
    await clock.advance(59_999);
    assert.equal(limits.attempt("192.0.2.1", "anna"), 1);
    await clock.advance(1);
    assert.equal(limits.attempt("192.0.2.1", "anna"), 0);
    assert.equal(limits.attempt("192.0.2.1", "anna"), 60);
  });

  it("let one address try twenty names, then four a minute", async () => {
    const clock = new FakeClock();
    const limits = new FailureLimits(clock);
    assert.equal(attemptsUntilRefused(limits, always("192.0.2.1"), String), 20);
    assert.equal(limits.attempt("192.0.2.1", "x"), 15);
    await clock.advance(60_000);
    assert.equal(
      attemptsUntilRefused(limits, always("192.0.2.1"), (n) => `other ${n}`),
      4,
    );
  });

  it("let many addresses try one name sixty times, and keep out no address that it logged in from", () => {
    const limits = new FailureLimits(new FakeClock());
    limits.attempt("198.51.100.7", "anna");
    limits.succeeded("198.51.100.7", "anna");
    assert.equal(
      attemptsUntilRefused(limits, (n) => `10.0.0.${n}`, always("anna")),
      60,
    );
    assert.ok(limits.attempt("198.51.100.8", "anna") > 0);
    assert.equal(limits.attempt("198.51.100.7", "anna"), 0);
  });

  it("one attacker never uses up what a user has", async () => {
    const clock = new FakeClock();
    const limits = new FailureLimits(clock);
    for (let second = 0; second < 3_600; second += 1) {
      limits.attempt("192.0.2.66", "anna");
      await clock.advance(1_000);
    }
    assert.equal(limits.attempt("198.51.100.7", "anna"), 0);
  });

  it("a success is paid back and clears the pair", () => {
    const limits = new FailureLimits(new FakeClock());
    for (let round = 0; round < 200; round += 1) {
      assert.equal(limits.attempt("192.0.2.1", "anna"), 0);
      limits.succeeded("192.0.2.1", "anna");
    }
    for (let failure = 0; failure < 4; failure += 1) limits.attempt("192.0.2.1", "anna");
    limits.attempt("192.0.2.1", "anna");
    limits.succeeded("192.0.2.1", "anna");
    assert.equal(attemptsUntilRefused(limits, always("192.0.2.1"), always("anna")), 5);
  });

  it("count attempts before they are made: a thousand at once are five", () => {
    const limits = new FailureLimits(new FakeClock());
    const made = Array.from({ length: 1_000 }, () => limits.attempt("192.0.2.1", "anna")).filter((wait) => wait === 0);
    assert.equal(made.length, 5);
  });

  it("take bounded memory from 100 000 addresses and names of any length", () => {
    const limits = new FailureLimits(new FakeClock());
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 100_000; n += 1) {
      limits.attempt(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `${n}${"x".repeat(500)}`);
    }
    assert.ok(limits.size <= 30_000, String(limits.size));
    assert.ok(process.memoryUsage().heapUsed - before < 60e6);
  });

  it("know IPv6 clients by their /64", () => {
    for (const [address, network] of [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
      ["2001:db8::6", "2001:db8:0:0::/64"],
      ["2001:db8:1:2::", "2001:db8:1:2::/64"],
      ["::1", "0:0:0:0::/64"],
      ["fe80::1%eth0", "fe80::1"],
      ["fd00:1::66", "fd00:1::66"],
      ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
      ["", "unknown"],
      ["@", "unknown"],
    ] as const) {
      assert.equal(networkOf(address), network, address);
    }
  });
});
