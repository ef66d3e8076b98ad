import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSearchDomains } from "../../../../src/outputs/http/machine-names.ts";
import { OwnNames, parseHost } from "../../../../src/outputs/http/own-names.ts";

const machine = { hostname: () => "Pi", searchDomains: () => ["fritz.box", "lan"] };
const names = new OwnNames(["Camera.example.org", "*.cams.example.org"], machine);

/** Host header, and whether it is ours; undefined: it is no host at all. */
const hosts: readonly (readonly [host: string, isOurs: boolean | undefined])[] = [
  ["127.0.0.1", true],
  ["192.168.1.5:8080", true],
  ["8.8.8.8", true],
  ["[::1]", true],
  ["[::1]:8080", true],
  ["[fe80::1%25eth0]:80", true],
  ["[2001:db8::1]", true],
  ["localhost", true],
  ["LOCALHOST:8080", true],
  ["localhost.", true],
  ["cam.localhost", true],
  ["pi", true],
  ["PI:80", true],
  ["pi.fritz.box", true],
  ["pi.lan", true],
  ["anything.local", true],
  ["pi.local:8080", true],
  ["camera.example.org", true],
  ["camera.example.org.:443", true],
  ["a.cams.example.org", true],
  ["a.b.cams.example.org", true],
  ["evil.example", false],
  ["pi.evil.example", false],
  ["localhost.evil.example", false],
  ["evil.example:8080", false],
  ["127.0.0.1.evil.example", false],
  ["192.168.1.5.nip.io", false],
  ["evillocal", false],
  ["local", false],
  ["cams.example.org", false],
  [".cams.example.org", false],
  ["evilcams.example.org", false],
  ["xcamera.example.org", false],
  ["fritz.box", false],
  ["evil.fritz.box", false],
  ["0x7f.1", false],
  ["2130706433", false],
  ["", undefined],
  [":80", undefined],
  ["localhost:port", undefined],
  ["localhost:123456", undefined],
  ["user@localhost", undefined],
  ["localhost@evil.example", undefined],
  ["evil.example#localhost", undefined],
  ["localhost/", undefined],
  ["localhost evil.example", undefined],
  ["localhost,evil.example", undefined],
  ["http://localhost", undefined],
  ["[::1", undefined],
  ["::1", undefined],
  ["[evil.example]", undefined],
  ["[127.0.0.1]", undefined],
  ["localhost%00.evil.example", undefined],
  ["lоcalhost", undefined], // a Cyrillic о
];

for (const [host, isOurs] of hosts) {
  test(`Host: ${host} is ${isOurs === undefined ? "no host" : isOurs ? "ours" : "not ours"}`, () => {
    const parsed = parseHost(host);
    assert.equal(parsed && names.has(parsed.name), isOurs);
  });
}

test("a machine that knows its domain has a name in it", () => {
  const full = new OwnNames([], { hostname: () => "pi.home.arpa", searchDomains: () => [] });
  for (const name of ["pi", "pi.home.arpa"]) assert.equal(full.has(name), true, name);
  for (const name of ["pi.home", "home.arpa", "other.home.arpa"]) assert.equal(full.has(name), false, name);
  const nameless = new OwnNames([], { hostname: () => "", searchDomains: () => [""] });
  for (const name of ["", ".", "x"]) assert.equal(nameless.has(name), false, name);
});

test("any text is a host with a name, or none", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const host = parseHost(text);
      if (host) assert.match(host.name, /^[a-z0-9_.:%~-]+$/);
    }),
  );
});

test("search domains of resolv.conf(5)", () => {
  const text = "# made by hand\nnameserver 192.168.1.1\nsearch fritz.box lan.\n  domain home.arpa\noptions ndots:1\n";
  assert.deepEqual(parseSearchDomains(text), ["fritz.box", "lan", "home.arpa"]);
  assert.deepEqual(parseSearchDomains(""), []);
});
