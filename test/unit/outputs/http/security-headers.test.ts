import assert from "node:assert/strict";
import { test } from "node:test";
import { SecurityHeaders } from "../../../../src/outputs/http/security-headers.ts";

test("no policy lets inline scripts or styles in, or anything of others", () => {
  const headers = new SecurityHeaders({ frameAncestors: ["self"], hsts: false });
  for (const policies of [headers.forAll(false), headers.forAll(true), headers.forPage()]) {
    const policy = policies["Content-Security-Policy"] ?? "";
    assert.match(policy, /^default-src '(?:none|self)'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  }
  assert.match(headers.forPage()["Content-Security-Policy"] ?? "", /img-src 'self' blob: data:/);
});

const frames: readonly (readonly [ancestors: readonly string[], policy: string, option: string | undefined])[] = [
  [["self"], "frame-ancestors 'self'", "SAMEORIGIN"],
  [["none"], "frame-ancestors 'none'", "DENY"],
  [[], "frame-ancestors 'none'", "DENY"],
  [["self", "http://ha.local:8123"], "frame-ancestors 'self' http://ha.local:8123", undefined],
  [["https://*.example.org"], "frame-ancestors https://*.example.org", undefined],
];
for (const [ancestors, policy, option] of frames) {
  test(`frameAncestors [${ancestors.join(", ")}]`, () => {
    const headers = new SecurityHeaders({ frameAncestors: ancestors, hsts: false });
    assert.ok(headers.plain["Content-Security-Policy"]?.endsWith(policy));
    assert.ok(headers.forPage()["Content-Security-Policy"]?.endsWith(policy));
    assert.equal(headers.plain["X-Frame-Options"], option);
  });
}

test("HSTS and COOP where the connection is encrypted, HSTS only if it is wanted", () => {
  const strict = new SecurityHeaders({ frameAncestors: ["self"], hsts: true });
  assert.equal(strict.forAll(true)["Strict-Transport-Security"], "max-age=31536000");
  assert.equal(strict.forAll(false)["Strict-Transport-Security"], undefined);
  const lax = new SecurityHeaders({ frameAncestors: ["self"], hsts: false });
  assert.equal(lax.forAll(true)["Strict-Transport-Security"], undefined);
  assert.equal(lax.forAll(true)["Cross-Origin-Opener-Policy"], "same-origin");
  assert.equal(lax.forAll(false)["Cross-Origin-Opener-Policy"], undefined);
});
