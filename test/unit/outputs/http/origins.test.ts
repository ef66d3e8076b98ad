import assert from "node:assert/strict";
import { test } from "node:test";
import { Origins } from "../../../../src/outputs/http/origins.ts";

const none = new Origins([]);
const some = new Origins(["https://dash.example.org", "http://ha.local:8123", "https://Upper.Example:443"]);
const any = new Origins(["*"]);

/** Origin and Host, and whether a page there may change something here where no origin is listed. */
const own: readonly (readonly [origin: string, host: string | undefined, may: boolean])[] = [
  ["http://localhost:8080", "localhost:8080", true],
  ["http://LOCALHOST:8080", "localhost:8080", true],
  ["https://camera.example.org", "camera.example.org", true],
  ["https://camera.example.org", "camera.example.org:443", true],
  ["http://camera.example.org", "camera.example.org:80", true],
  ["http://[::1]:8080", "[::1]:8080", true],
  ["https://camera.example.org", "camera.example.org:80", false],
  ["http://localhost", "localhost:8080", false],
  ["http://localhost:8081", "localhost:8080", false],
  ["http://evil.example", "localhost:8080", false],
  ["http://localhost.evil.example", "localhost", false],
  ["http://evil.example#localhost", "localhost", false],
  ["http://localhost@evil.example", "localhost", false],
  ["http://user@localhost", "localhost", false],
  ["http://localhost/path", "localhost", false],
  ["null", "localhost", false],
  ["", "localhost", false],
  ["file://", "localhost", false],
  ["chrome-extension://abcdef", "abcdef", false],
  ["localhost", "localhost", false],
  ["http://localhost, http://evil.example", "localhost", false],
  ["http://localhost", undefined, false],
  ["http://localhost", "not a host", false],
];

for (const [origin, host, may] of own) {
  test(`a page of ${origin || "(empty)"} may${may ? "" : " not"} change something at ${host}`, () => {
    assert.equal(none.mayChange(origin, host), may);
    assert.equal(none.reader(origin), undefined);
  });
}

test("listed origins read with credentials and change, whatever the host", () => {
  for (const origin of ["https://dash.example.org", "http://ha.local:8123", "https://upper.example"]) {
    assert.equal(some.reader(origin), "credentials", origin);
    assert.equal(some.mayChange(origin, "camera"), true, origin);
  }
  for (const origin of ["http://dash.example.org", "https://dash.example.org:444", "http://ha.local", "null"]) {
    assert.equal(some.reader(origin), undefined, origin);
    assert.equal(some.mayChange(origin, "camera"), false, origin);
  }
});

test("* reads without credentials and changes nothing", () => {
  assert.equal(any.reader("http://evil.example"), "anonymous");
  assert.equal(any.reader("null"), "anonymous");
  assert.equal(any.mayChange("http://evil.example", "camera"), false);
  assert.deepEqual([none.areAny, some.areAny, any.areAny], [false, true, true]);
});
