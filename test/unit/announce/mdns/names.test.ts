import assert from "node:assert/strict";
import { test } from "node:test";
import { sameName, toHostName, toInstanceName } from "../../../../src/announce/mdns/names.ts";
import { OwnNames } from "../../../../src/announce/mdns/own-names.ts";

test("a name for people becomes one label", () => {
  for (const [name, attempt, label] of [
    ["Sightline on raspberrypi", 1, "Sightline on raspberrypi"],
    ["Sightline on raspberrypi", 2, "Sightline on raspberrypi (2)"],
    ["cam.lan", 1, "cam-lan"],
    [" a\nb\u2028 ", 1, "a b"],
    ["", 1, "Sightline"],
    ["x".repeat(70), 1, "x".repeat(63)],
    ["x".repeat(70), 12, `${"x".repeat(58)} (12)`],
    ["ü".repeat(40), 1, "ü".repeat(31)],
    [`${"x".repeat(61)}📷`, 1, "x".repeat(61)],
  ] as const) {
    assert.equal(toInstanceName(name, attempt), label);
  }
});

test("host names are the bridge's own", () => {
  assert.equal(toHostName("0123456789ab"), "sightline-0123456789ab.local");
  assert.equal(toHostName("0123456789ab", 3), "sightline-0123456789ab-3.local");
});

test("names are the same whatever the case of their ASCII letters", () => {
  assert.ok(sameName("Pi._HTTP._tcp.local", "pi._http._tcp.LOCAL"));
  assert.ok(!sameName("pi", "pj"));
  assert.ok(!sameName("Ä", "ä"));
});

test("leaves a name once, however many say that it is taken", () => {
  const names = new OwnNames("Pi", "0123456789ab");
  assert.ok(names.leave("pi._http._tcp.local"));
  assert.ok(!names.leave("pi._http._tcp.local"));
  assert.ok(names.leave("sightline-0123456789ab.local"));
  assert.deepEqual([names.instance, names.host], ["Pi (2)", "sightline-0123456789ab-2.local"]);
});
