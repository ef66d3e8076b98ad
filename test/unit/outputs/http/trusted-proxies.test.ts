import assert from "node:assert/strict";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { test } from "node:test";
import { TrustedProxies } from "../../../../src/outputs/http/trusted-proxies.ts";

const proxies = new TrustedProxies(["10.0.0.1", "192.168.0.0/16", "2001:db8::/32"]);

function request(remoteAddress: string | undefined, headers: IncomingHttpHeaders = {}, encrypted = false) {
  return { socket: { remoteAddress, encrypted }, headers: { host: "inner", ...headers } } as unknown as IncomingMessage;
}

const forged = { "x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" };

test("who is no trusted proxy is itself, whatever it writes", () => {
  for (const address of ["203.0.113.9", "10.0.0.2", "2001:db9::1", "127.0.0.1"]) {
    const client = proxies.clientOf(request(address, forged));
    assert.deepEqual(client, { address, isEncrypted: false, host: "inner", isProxied: false });
  }
  const mapped = proxies.clientOf(request("::ffff:203.0.113.9", forged));
  assert.equal(mapped.address, "203.0.113.9");
});

/** X-Forwarded-For as 10.0.0.1 sends it, and who is meant. */
const chains: readonly (readonly [value: string | undefined, address: string])[] = [
  [undefined, "10.0.0.1"],
  ["", "10.0.0.1"],
  ["203.0.113.9", "203.0.113.9"],
  ["1.2.3.4, 203.0.113.9", "203.0.113.9"],
  ["203.0.113.9, 192.168.7.7", "203.0.113.9"],
  ["1.2.3.4,203.0.113.9 , 192.168.7.7,10.0.0.1", "203.0.113.9"],
  ["192.168.1.1, 192.168.1.2", "192.168.1.1"],
  ["203.0.113.9:4711", "203.0.113.9"],
  ["[2001:db9::1]:4711", "2001:db9::1"],
  ["2001:db9::1", "2001:db9::1"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["203.0.113.9, 2001:db8::5", "203.0.113.9"],
  ["203.0.113.9, unknown", "10.0.0.1"],
  ["203.0.113.9, <script>, 192.168.1.1", "192.168.1.1"],
  ["localhost", "10.0.0.1"],
  [",,,", "10.0.0.1"],
];
for (const [value, address] of chains) {
  test(`X-Forwarded-For: ${value} by a trusted proxy means ${address}`, () => {
    const headers = value === undefined ? {} : { "x-forwarded-for": value };
    assert.equal(proxies.clientOf(request("10.0.0.1", headers)).address, address);
  });
}

test("scheme and host are what the proxy next to us wrote", () => {
  const of = (headers: IncomingHttpHeaders, encrypted = false) => {
    const { isEncrypted, host } = proxies.clientOf(request("10.0.0.1", headers, encrypted));
    return { isEncrypted, host };
  };
  assert.deepEqual(of({}), { isEncrypted: false, host: "inner" });
  assert.deepEqual(of({}, true), { isEncrypted: true, host: "inner" });
  assert.deepEqual(of({ "x-forwarded-proto": "HTTPS", "x-forwarded-host": "outer" }), {
    isEncrypted: true,
    host: "outer",
  });
  assert.deepEqual(of({ "x-forwarded-proto": "https, http", "x-forwarded-host": "evil, outer" }, true), {
    isEncrypted: false,
    host: "outer",
  });
});

test("whoever may open the Unix socket is a proxy", () => {
  const client = proxies.clientOf(request(undefined, { "x-forwarded-for": "203.0.113.9" }), true);
  assert.deepEqual(client, { address: "203.0.113.9", isEncrypted: false, host: "inner", isProxied: true });
  assert.equal(proxies.clientOf(request(undefined), true).address, "local");
});
