import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  formatUsersDocument,
  isUserName,
  parseUsersDocument,
  type UsersDocument,
} from "../../../src/access/user-records.ts";
import { ProtocolError } from "../../../src/core/errors.ts";
import { testAnyBytes, testCodecTable, testMalformedTable } from "../../support/codec-kit.ts";

const verifier = "$scrypt$ln=15,r=8,p=3$c2FsdHNhbHRzYWx0c2E$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
const hash = "ab".repeat(32);
const full: UsersDocument = {
  users: [
    { name: "admin", role: "admin", verifier, generation: "g1", isInitial: true },
    { name: "J\u00f6rg M.", role: "viewer", cameras: ["front-door"], verifier, generation: "g-2_" },
  ],
  devices: [{ user: "admin", secret: "AbC_-" }],
  tokens: [
    {
      id: "t1",
      name: "dash",
      user: "admin",
      permissions: ["view"],
      cameras: [],
      expires: 9,
      created: 1,
      lastUsed: "2026-01-31",
      hash,
    },
    { id: "t2", name: "ha", user: "admin", permissions: ["view", "control"], created: 1, hash },
  ],
  loginLinks: [{ user: "admin", expires: 5, hash }],
};
const none: UsersDocument = { users: [], devices: [], tokens: [], loginLinks: [] };
const codec = {
  decode: (bytes: Buffer): UsersDocument => parseUsersDocument(bytes.toString("utf8")),
  encode: (value: UsersDocument): Uint8Array => Buffer.from(formatUsersDocument(value)),
};
const text = (value: object): Buffer => Buffer.from(`${JSON.stringify({ version: 1, ...value }, undefined, 2)}\n`);

testCodecTable("users.json", codec, [
  { name: "everything", bytes: text(full), value: full },
  { name: "nothing", bytes: text(none), value: none },
]);

const [user] = full.users;
const [token] = full.tokens;
testMalformedTable(
  "users.json",
  codec.decode,
  (
    [
      ["an empty file", "", "it is not JSON"],
      ["half a file", text(full).subarray(0, 300).toString(), "it is not JSON"],
      ["a list", "[]", "the file must be an object"],
      ["no version", "{}", "version must be 1"],
      ["a later version", '{"version": 2}', "version must be 1"],
      ["users of another kind", text({ users: {} }).toString(), "users must be a list of at most 10000"],
      ["a user of another kind", text({ users: [null] }).toString(), "users.0 must be an object"],
      [
        "a name with a colon",
        text({ users: [{ ...user, name: "a:b" }] }).toString(),
        "users.0.name must be 1 to 64 letters, digits and ._@+- (also spaces within), starting with a letter or digit",
      ],
      [
        "an unknown role",
        text({ users: [{ ...user, role: "root" }] }).toString(),
        "users.0.role must be one of viewer, control, admin",
      ],
      [
        "a plain password",
        text({ users: [{ ...user, verifier: "secret" }] }).toString(),
        "users.0.verifier must be a scrypt string",
      ],
      [
        "no generation",
        text({ users: [{ ...user, generation: "" }] }).toString(),
        "users.0.generation must be as Sightline wrote it",
      ],
      [
        "cameras of another kind",
        text({ users: [{ ...user, cameras: ["A B"] }] }).toString(),
        "users.0.cameras must be a list of camera ids",
      ],
      ["one name twice", text({ users: [user, user] }).toString(), "users: two of them have the same name"],
      [
        "an unknown permission",
        text({ tokens: [{ ...token, permissions: ["all"] }] }).toString(),
        "tokens.0.permissions must be a list of view, snapshot, control, admin",
      ],
      [
        "a time that is no number",
        text({ tokens: [{ ...token, expires: "never" }] }).toString(),
        "tokens.0.expires must be whole seconds since 1970",
      ],
      [
        "a hash of another kind",
        text({ loginLinks: [{ user: "a", expires: 1, hash: "ab" }] }).toString(),
        "loginLinks.0.hash must be 64 hexadecimal digits",
      ],
    ] as const
  ).map(([name, content, message]) => ({ name, bytes: Buffer.from(content), message })),
);

testAnyBytes("users.json", codec.decode, [text(full), text(none)]);

describe("users.json", () => {
  it("says nothing of what it holds when it is refused", () => {
    assert.throws(
      () => parseUsersDocument('{"verifier": "hunter2"'),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });

  it("any JSON in place of any value is taken or refused", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        let count = 0;
        const changed = JSON.stringify({ version: 1, ...full }, (_key, old: unknown) =>
          count++ === at % 60 ? value : old,
        );
        try {
          const read = parseUsersDocument(changed);
          assert.deepEqual(parseUsersDocument(formatUsersDocument(read)), read);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
    );
  });

  it("names are such as every door can carry", () => {
    for (const name of ["a", "anna", "Anna Maria", "j\u00f6rg", "a.b_c@d+e-f", "\u674e", "x".repeat(64)])
      assert.ok(isUserName(name), name);
    for (const name of ["", " a", "a ", "a:b", "a/b", "a\nb", "-a", ".", "x".repeat(65), "jo\u0308rg", "__proto__"]) {
      assert.ok(!isUserName(name), name);
    }
  });
});
