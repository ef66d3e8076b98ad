import assert from "node:assert/strict";
import { test } from "node:test";
import { anna, refused, startGatekeeper } from "./gatekeeper-rig.ts";
import { requestFor } from "./access-rig.ts";

const basic = (password: string, address: string) =>
  requestFor("/", {
    address,
    headers: { authorization: `Basic ${Buffer.from(`anna:${password}`).toString("base64")}` },
  });

test("a password that is remembered for its owner is no quicker guess for anybody else", async () => {
  const { identify } = await startGatekeeper();
  assert.equal((await identify(basic(anna.password, "192.168.1.5")))?.name, "anna");
  for (let guess = 0; guess < 5; guess += 1) await refused(identify(basic(`wrong ${guess}`, "192.168.1.66")));
  await refused(identify(basic("wrong again", "192.168.1.66")), 429);
  await refused(identify(basic(anna.password, "192.168.1.66")), 429);
  assert.equal((await identify(basic(anna.password, "192.168.1.5")))?.name, "anna", "the owner goes on");
});
