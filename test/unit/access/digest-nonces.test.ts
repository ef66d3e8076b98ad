import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DigestNonces } from "../../../src/access/digest-nonces.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("digest nonces", () => {
  it("are all different, and used once for each count", () => {
    const nonces = new DigestNonces(new FakeClock());
    const nonce = nonces.create();
    assert.notEqual(nonce, nonces.create());
    assert.equal(nonces.use(nonce, { nonceCount: 1 }), true);
    assert.equal(nonces.use(nonce, { nonceCount: 1 }), false);
    assert.equal(nonces.use(nonce, { nonceCount: 2 }), true);
    assert.equal(nonces.use(nonce, { nonceCount: 2 ** 32 - 1 }), true);
    assert.equal(nonces.use(nonce, { nonceCount: 3 }), false);
  });

  it("allow for connections side by side: 64 counts in any order, each once", () => {
    const nonces = new DigestNonces(new FakeClock());
    const nonce = nonces.create();
    const counts = Array.from({ length: 64 }, (_, index) => 64 - index);
    for (const nonceCount of counts) assert.equal(nonces.use(nonce, { nonceCount }), true, String(nonceCount));
    for (const nonceCount of counts) assert.equal(nonces.use(nonce, { nonceCount }), false, String(nonceCount));
    assert.equal(nonces.use(nonce, { nonceCount: 66 }), true);
    assert.equal(nonces.use(nonce, { nonceCount: 65 }), true);
    assert.equal(nonces.use(nonce, { nonceCount: 2 }), false);
  });

  it("without qop: each response once", () => {
    const nonces = new DigestNonces(new FakeClock());
    const nonce = nonces.create();
    assert.equal(nonces.use(nonce, { response: "a" }), true);
    assert.equal(nonces.use(nonce, { response: "b" }), true);
    assert.equal(nonces.use(nonce, { response: "a" }), false);
    for (let index = 0; index < 62; index += 1) assert.equal(nonces.use(nonce, { response: String(index) }), true);
    assert.equal(nonces.use(nonce, { response: "one too many" }), false);
  });

  it("last five minutes, and are forgotten then", async () => {
    const clock = new FakeClock();
    const nonces = new DigestNonces(clock);
    const nonce = nonces.create();
    await clock.advance(300_000);
    assert.equal(nonces.use(nonce, { nonceCount: 1 }), true);
    await clock.advance(1);
    assert.equal(nonces.use(nonce, { nonceCount: 2 }), false);
    assert.equal(nonces.size, 1);
    assert.equal(nonces.use(nonces.create(), { nonceCount: 1 }), true);
    assert.equal(nonces.size, 1);
  });

  it("of another process, or with any character changed, are none", () => {
    const clock = new FakeClock();
    const nonces = new DigestNonces(clock);
    assert.equal(new DigestNonces(clock).use(nonces.create(), { nonceCount: 1 }), false);
    const nonce = nonces.create();
    for (let at = 0; at < nonce.length; at += 1) {
      for (const other of ["A", "B", "é", ""]) {
        const changed = nonce.slice(0, at) + other + nonce.slice(at + 1);
        if (changed !== nonce) assert.equal(nonces.use(changed, { nonceCount: 1 }), false, changed);
      }
    }
    assert.equal(nonces.size, 0);
  });

  it("take bounded memory: what is forgotten is stale, not fresh", async () => {
    const clock = new FakeClock();
    const nonces = new DigestNonces(clock);
    const first = nonces.create();
    assert.equal(nonces.use(first, { nonceCount: 1 }), true);
    await clock.advance(1);
    for (let count = 0; count < 6_000; count += 1) nonces.use(nonces.create(), { nonceCount: 1 });
    assert.ok(nonces.size <= 4_096);
    assert.equal(nonces.use(first, { nonceCount: 1 }), false);
    assert.equal(nonces.use(first, { nonceCount: 2 }), false);
    await clock.advance(1);
    assert.equal(nonces.use(nonces.create(), { nonceCount: 1 }), true);
  });
});
