import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { reachableUrl } from "../../../src/announce/reachable-url.ts";

function at(address: string): NetworkInterfaceInfo {
  const internal = address === "127.0.0.1" || address === "::1";
  const rest = { netmask: "", mac: "", internal, cidr: null };
  return address.includes(":")
    ? { ...rest, address, family: "IPv6", scopeid: 0 }
    : { ...rest, address, family: "IPv4" };
}

const interfaces = {
  lo: [at("127.0.0.1"), at("::1")],
  docker0: [at("172.17.0.1")],
  eth0: [at("fe80::1"), at("2001:db8::5"), at("192.0.2.5")],
};

const table: readonly (readonly [host: string, url: string | undefined])[] = [
  ["::", "http://192.0.2.5:8080"],
  ["0.0.0.0", "http://192.0.2.5:8080"],
  ["192.0.2.9", "http://192.0.2.9:8080"],
  ["2001:db8::9", "http://[2001:db8::9]:8080"],
  ["camera.example.org", "http://camera.example.org:8080"],
  ["127.0.0.1", undefined],
  ["localhost", undefined],
  ["::1", undefined],
];

for (const [host, url] of table) {
  test(`a server on ${host}`, () => assert.equal(reachableUrl(host, 8080, interfaces), url));
}

test("without an address of its own there is none; IPv6 where there is no IPv4", () => {
  assert.equal(reachableUrl("::", 80, { lo: interfaces.lo, docker0: interfaces.docker0 }), undefined);
  assert.equal(reachableUrl("::", 80, { wlan0: [at("169.254.3.4"), at("2001:db8::7")] }), "http://[2001:db8::7]:80");
});
