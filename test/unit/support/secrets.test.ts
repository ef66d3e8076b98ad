import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlantedSecrets } from "../../support/planted-secrets.ts";
import { findSaidSecrets } from "../../support/said-secrets.ts";

describe("the search for planted secrets", () => {
  const secrets = new PlantedSecrets();
  const value = secrets.add("it", 'häuser"/+ of 1234');

  it("finds them in every form", () => {
    const bytes = Buffer.from(value);
    const inside = ["", "a", "ab", "name:"].map((before) => `${before}${value} and more`);
    const texts = [
      `so ${value}!`,
      JSON.stringify({ value }),
      JSON.stringify(JSON.stringify({ value })),
      `?a=${encodeURIComponent(value)}`,
      String(new URLSearchParams({ value })),
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
      ...inside.map((text) => Buffer.from(text).toString("base64")),
      ...inside.map((text) => Buffer.from(text).toString("base64url")),
    ];
    for (const text of texts) {
      assert.deepEqual(secrets.findIn(text), ["it"], text);
      assert.deepEqual(secrets.findIn(Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.from(text)])), ["it"], text);
    }
  });

  it("finds nothing where there is nothing, or where it may be", () => {
    assert.deepEqual(secrets.findIn("häuser of 1234"), []);
    assert.deepEqual(secrets.findIn(value, ["it"]), []);
    assert.throws(() => secrets.add("nothing", ""), /not a secret/);
  });
});

describe("what a program said", () => {
  it("is searched for what was configured", () => {
    const config = {
      auth: { users: [{ name: "anna", password: 'in the "attic"' }] },
      homeAssistant: { token: "abcdefgh" },
    };
    assert.deepEqual(findSaidSecrets('"in the \\"attic\\"" abcdefgh', config), [
      "auth.users.0.password",
      "homeAssistant.token",
    ]);
    assert.deepEqual(findSaidSecrets("anna is in the attic", config), []);
  });

  it("is searched for whatever looks like a secret", () => {
    const random = "A1b2_-".repeat(8).slice(0, 43);
    const table: Readonly<Record<string, string>> = {
      [`it is slt_${random}`]: "a bearer token",
      [`sightline-abcdef=v1.id.bmFtZQ.gen.1.2.${random}`]: "a session",
      [`/cameras/a/stream?expires=1&user=a&signature=${random}`]: "a signature",
      "$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA": "a password's hash",
      "-----BEGIN PRIVATE KEY-----": "a private key",
      'authorization: "Basic YW5uYTpwYXNz"': "somebody's credentials",
      "Authorization: Digest username=a": "somebody's credentials",
      "rtsp://user:pass@camera/1": "a password in a URL",
    };
    for (const [said, what] of Object.entries(table)) assert.deepEqual(findSaidSecrets(said), [what], said);
  });

  it("is let pass where secrets are hidden or only spoken of", () => {
    for (const said of [
      "rtsp://(hidden)@camera/1 rtsp://user:***@camera/1 http://[::1]:8080/a@b",
      "WWW-Authenticate: Basic realm, Digest realm",
      "Basic authentication, Digest response",
      "the name or the password is wrong",
    ]) {
      assert.deepEqual(findSaidSecrets(said), [], said);
    }
  });
});
