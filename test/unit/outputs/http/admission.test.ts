import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Admission, type Place } from "../../../../src/outputs/http/admission.ts";
import { plainAddress } from "../../../../src/outputs/http/address-group.ts";

test("ordinary places go first, then reserved ones, then none", () => {
  const admission = new Admission({ connections: 2, perAddress: 2, reserved: 2 });
  assert.equal(admission.enter("a")?.limitMet, undefined);
  assert.equal(admission.enter("b")?.limitMet, undefined);
  assert.equal(admission.enter("c")?.limitMet, "connections");
  assert.equal(admission.enter("c"), undefined, "half of the reserved places are an address's share");
  assert.equal(admission.enter("d")?.limitMet, "connections");
  assert.equal(admission.enter("e"), undefined);
  assert.equal(admission.open, 4);
});

test("an address meets its own limit first", () => {
  const admission = new Admission({ connections: 1, perAddress: 1, reserved: 4 });
  admission.enter("a");
  assert.equal(admission.enter("a")?.limitMet, "address");
});

test("no reserved places: over the limit is out", () => {
  const admission = new Admission({ connections: 1, perAddress: 1, reserved: 0 });
  admission.enter("a");
  assert.equal(admission.enter("b"), undefined);
});

test("limits hold whoever comes and goes, and places given back are free again", () => {
  const limits = { connections: 5, perAddress: 3, reserved: 4 };
  const step = fc.record({ address: fc.constantFrom("a", "b", "c", "d"), leaves: fc.nat(20), enters: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const admission = new Admission(limits);
      const places: Place[] = [];
      for (const { address, leaves, enters } of steps) {
        const [gone] = enters ? [] : places.splice(leaves % Math.max(1, places.length), 1);
        if (gone) admission.leave(gone);
        const place = enters ? admission.enter(address) : undefined;
        if (place) places.push(place);
        const ordinary = places.filter(({ limitMet }) => limitMet === undefined);
        assert.equal(admission.open, places.length);
        assert.ok(ordinary.length <= limits.connections);
        assert.ok(places.length - ordinary.length <= limits.reserved);
        assert.ok(ordinary.filter((one) => one.address === address).length <= limits.perAddress);
      }
      for (const place of places.splice(0)) admission.leave(place);
      assert.equal(admission.open, 0);
      for (const address of ["a", "a", "a", "b", "b"]) {
        assert.equal(admission.enter(address)?.limitMet, undefined);
      }
    }),
  );
});

test("an IPv4 client of an IPv6 socket counts by its IPv4 address", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
  assert.equal(plainAddress("192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress(undefined), "");
});
