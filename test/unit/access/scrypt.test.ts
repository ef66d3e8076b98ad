import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatScryptHash, parseScryptHash, PasswordHasher } from "../../../src/access/scrypt.ts";
import { UnavailableError } from "../../../src/core/errors.ts";
import { testAnyBytes } from "../../support/codec-kit.ts";
import { cheapCost } from "./access-rig.ts";

const hasher = new PasswordHasher(cheapCost);
const salt = Buffer.from("SodiumChloride");
/** RFC 7914 section 12, third vector. */
const rfc7914 = formatScryptHash({
  logCost: 14,
  blockSize: 8,
  parallel: 1,
  salt,
  hash: Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    "hex",
  ),
});

describe("scrypt strings", () => {
  it("verify the password of RFC 7914's vector", async () => {
    assert.equal(await hasher.verify("pleaseletmein", rfc7914), true);
    assert.equal(await hasher.verify("pleaseletmeiN", rfc7914), false);
  });

  it("of our own have our cost, and another salt each time", async () => {
    const usual = await new PasswordHasher().hash("secret words");
    assert.match(usual, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.equal(await hasher.verify("secret words", usual), true);
    assert.notEqual(await hasher.hash("a"), await hasher.hash("a"));
  });

  it("take a password however its characters are composed, and none that is too long", async () => {
    assert.equal(await hasher.verify("Zu\u0308rich", await hasher.hash("Z\u00fcrich")), true);
    assert.equal(await hasher.verify("x".repeat(2_000), await hasher.hash("x".repeat(2_000))), false);
    assert.equal(await hasher.verify("", undefined), false);
    assert.equal(await hasher.verify("", "$scrypt$ln=15"), false);
  });

  for (const [name, text] of [
    ["too weak", rfc7914.replace("ln=14", "ln=9")],
    ["too costly in memory", rfc7914.replace("ln=14,r=8", "ln=20,r=8")],
    ["too costly in time", rfc7914.replace("p=1", "p=100")],
    ["without blocks", rfc7914.replace("r=8", "r=0")],
    ["with a leading zero", rfc7914.replace("r=8", "r=08")],
    ["padded", `${rfc7914}==`],
    ["with a line end", `${rfc7914}\n`],
    ["of another kind", rfc7914.replace("scrypt", "argon2id")],
  ] as const) {
    it(`are refused when ${name}`, () => assert.equal(parseScryptHash(text), undefined));
  }

  it("come back as they were, and are not the same with any character changed", () => {
    assert.equal(formatScryptHash(parseScryptHash(rfc7914) ?? assert.fail()), rfc7914);
    fc.assert(
      fc.property(
        fc.nat(rfc7914.length - 1),
        fc.constantFrom("$", "=", ",", "+", "A", "9", " ", "\u00e9"),
        (at, other) => {
          const changed = rfc7914.slice(0, at) + other + rfc7914.slice(at + 1);
          const parsed = parseScryptHash(changed);
          assert.ok(parsed === undefined || formatScryptHash(parsed) === changed);
        },
      ),
    );
  });

  testAnyBytes("scrypt string", (bytes) => parseScryptHash(bytes.toString("latin1")), [Buffer.from(rfc7914)]);
});

describe("checking passwords", () => {
  for (const atOnce of [1, 2]) {
    it(`checks ${atOnce} at once, lets 16 wait, refuses who comes then, and goes on afterwards`, async () => {
      const own = new PasswordHasher(cheapCost, atOnce);
      const many = Array.from({ length: 30 }, () => own.verify("a", undefined));
      const results = await Promise.allSettled(many);
      const refused = results.filter((result) => result.status === "rejected");
      assert.equal(refused.length, 30 - 16 - atOnce);
      for (const { reason } of refused) assert.ok(reason instanceof UnavailableError);
      assert.equal(await own.verify("a", await own.hash("a")), true);
    });
  }

  it("takes as long for a name that nobody has", async () => {
    const verifier = await hasher.hash("right");
    const time = async (known: string | undefined): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 15; round += 1) {
        const from = process.cpuUsage();
        await hasher.verify("wrong", known);
        const { user, system } = process.cpuUsage(from);
        times.push(user + system);
      }
      return times.sort((a, b) => a - b)[7] ?? 0;
    };
    const [known, unknown] = [await time(verifier), await time(undefined)];
    assert.ok(unknown > known / 4 && known > unknown / 4, `${known} and ${unknown} microseconds`);
  });
});
