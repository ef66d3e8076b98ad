import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearestName } from "../../../src/config/nearest-name.ts";

const names = ["port", "host", "https", "basePath", "trustedProxies", "limits"];

test("a slip is recognised, something else is not", () => {
  const meant = {
    prot: "port",
    Port: "port",
    http: "https",
    basepath: "basePath",
    trustedProxy: "trustedProxies",
    limts: "limits",
  };
  for (const [word, name] of Object.entries(meant)) assert.equal(nearestName(word, names), name);
  for (const word of ["x", "", "certificate", "zzzz"]) assert.equal(nearestName(word, names), undefined);
});

test("a name is nearest to itself, whatever else there is", () => {
  fc.assert(fc.property(fc.constantFrom(...names), (name) => nearestName(name, names) === name));
});
