import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { exchange, startRig, statusesOf } from "./http-rig.ts";

/** What stands in the request beside its method and version, and the status that it gets. */
const requests: readonly (readonly [target: string, headers: readonly string[], status: number])[] = [
  ["/healthz", ["Host: 127.0.0.1"], 200],
  ["/healthz", ["Host: 127.0.0.1:1"], 200],
  ["/healthz", ["Host: [::1]:8080"], 200],
  ["/healthz", ["Host: localhost"], 200],
  ["/healthz", [`Host: ${hostname()}`], 200],
  ["/healthz", [`Host: ${hostname()}.local:8080`], 200],
  ["/healthz", ["Host: anything.local"], 200],
  ["/healthz", ["Host: camera.example.org"], 200],
  ["/healthz", ["Host: evil.example"], 421],
  ["/healthz", ["Host: evil.example:8080"], 421],
  ["/healthz", ["Host: localhost.evil.example"], 421],
  ["/api/cameras", ["Host: 127.0.0.1.evil.example"], 421],
  ["/nothing", ["Host: evil.example"], 421],
  ["/healthz", ["Host: user@localhost"], 400],
  ["/healthz", ["Host: localhost@evil.example"], 400],
  ["/healthz", ["Host: localhost evil.example"], 400],
  ["/healthz", ["Host: localhost/evil"], 400],
  ["/healthz", ["Host: localhost:port"], 400],
  ["/healthz", ["Host:"], 400],
  ["/healthz", [], 400],
  ["/healthz", ["Host: localhost", "Host: localhost"], 400],
  ["/healthz", ["Host: localhost", "Host: evil.example"], 400],
  ["/healthz", ["Host: evil.example", "Host: localhost"], 400],
  ["/healthz", ["host: localhost", "HOST: evil.example"], 400],
  ["http://localhost/healthz", ["Host: localhost"], 200],
  ["http://localhost/healthz", ["Host: evil.example"], 200], // RFC 9112, 3.2.2: the target's host is the one
  ["http://evil.example/healthz", ["Host: localhost"], 421],
  ["https://evil.example/healthz", ["Host: localhost"], 421],
  ["http://localhost@evil.example/healthz", ["Host: localhost"], 400],
  ["http://user:pass@localhost/healthz", ["Host: localhost"], 400],
  ["http://evil.example#@localhost/healthz", ["Host: localhost"], 400],
  ["http:///healthz", ["Host: localhost"], 421], // "healthz" is then the host
  ["ftp://localhost/healthz", ["Host: localhost"], 400],
  ["//evil.example/healthz", ["Host: localhost"], 404],
  ["healthz", ["Host: localhost"], 400],
  ["/healthz", ["Host: localhost", "X-Forwarded-Host: evil.example"], 200],
  ["/healthz", ["Host: evil.example", "X-Forwarded-Host: localhost"], 421],
];

for (const [target, headers, status] of requests) {
  test(`GET ${target} with ${headers.join(", ") || "no Host"}: ${status}`, async () => {
    const rig = await startRig({ server: { hosts: ["camera.example.org"] } });
    const answer = await exchange(
      rig,
      [`GET ${target} HTTP/1.1`, ...headers, "Connection: close", "", ""].join("\r\n"),
    );
    assert.deepEqual(statusesOf(answer), [status], answer);
    if (status !== 200) assert.match(answer, /application\/problem\+json/);
    assert.equal(rig.server.stats.refusals.host, status === 421 ? 1 : 0);
  });
}

test("HTTP/1.0 needs no Host: no browser speaks it", async () => {
  const rig = await startRig();
  assert.match(await exchange(rig, "GET /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 /);
});

test("behind a trusted proxy its word for the host counts, and is checked as well", async () => {
  const rig = await startRig({ server: { hosts: ["camera.example.org"], trustedProxies: ["127.0.0.1"] } });
  const ask = async (host: string, forwarded?: string) => {
    const headers = [`Host: ${host}`, ...(forwarded === undefined ? [] : [`X-Forwarded-Host: ${forwarded}`])];
    return statusesOf(
      await exchange(rig, ["GET /healthz HTTP/1.1", ...headers, "Connection: close", "", ""].join("\r\n")),
    );
  };
  assert.deepEqual(await ask("backend", "camera.example.org"), [200]);
  assert.deepEqual(await ask("localhost", "evil.example"), [421]);
  assert.deepEqual(await ask("localhost", "camera.example.org, evil.example"), [421]);
  assert.deepEqual(await ask("evil.example"), [421]);
  assert.deepEqual(await ask("localhost"), [200]);
});
