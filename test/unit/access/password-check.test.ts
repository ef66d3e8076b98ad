import assert from "node:assert/strict";
import { test } from "node:test";
import { UnavailableError } from "../../../src/core/errors.ts";
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

/** One guess each from all of these addresses at once, under names that nobody has; whether a guess of `last` is looked at then. */
async function isHeard(
  identify: Identify,
  guessers: readonly string[],
  last: () => Promise<unknown>,
): Promise<boolean> {
  const guesses = guessers.map((address, guess) => identify(guessOf(`nobody ${guess}`, address)));
  const heard = last().then(
    () => true,
    (error: unknown) => !(error instanceof UnavailableError),
  );
  await Promise.allSettled(guesses);
  return heard;
}

type Identify = Awaited<ReturnType<typeof startGatekeeper>>["identify"];

const guessOf = (name: string, address: string) =>
  requestFor("/", { address, headers: { authorization: `Basic ${Buffer.from(`${name}:wrong`).toString("base64")}` } });

const crowds: Readonly<Record<string, readonly string[]>> = {
  "six addresses with 19 guesses each": Array.from({ length: 114 }, (_, guess) => `198.51.100.${guess % 6}`),
  "one host with a hundred link-local addresses": Array.from({ length: 100 }, (_, guess) => `fe80::${guess + 1}`),
  "one host with a hundred private addresses": Array.from({ length: 100 }, (_, guess) => `fd00::${guess + 1}`),
};
for (const [who, guessers] of Object.entries(crowds)) {
  test(`${who} do not keep the right password of another address out`, async () => {
    const { identify } = await startGatekeeper();
    assert.equal(await isHeard(identify, guessers, () => identify(basic(anna.password, "192.0.2.7"))), true);
  });
}

test("where guessers of every network crowd, those who logged in from there before are heard", async () => {
  const { identify } = await startGatekeeper();
  await identify(basic(anna.password, "192.0.2.7"));
  const crowd = Array.from({ length: 100 }, (_, guess) => `198.51.100.${guess}`);
  assert.equal(await isHeard(identify, crowd, () => identify(basic("wrong", "192.0.2.8"))), false);
  assert.equal(await isHeard(identify, crowd, () => identify(basic("wrong", "192.0.2.7"))), true);
});
