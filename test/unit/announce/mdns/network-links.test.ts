import assert from "node:assert/strict";
import { test } from "node:test";
import { isJoined } from "../../../../src/announce/mdns/group-table.ts";
import { findLinks, type NetworkInterfaces } from "../../../../src/announce/mdns/network-links.ts";
import { ipv4, ipv6 } from "./fake-network.ts";

const lo = { ...ipv4("127.0.0.1", 8), internal: true };
const list = (interfaces: NetworkInterfaces, host = "::") =>
  findLinks(interfaces, host).map(({ name, address, addresses }) => [name, address, ...addresses].join(" "));

test("announces on the interfaces of people, not of containers, tunnels and the machine itself", () => {
  const all = {
    lo: [lo],
    eth0: [ipv4("192.0.2.1"), ipv6("fe80::1"), ipv6("2001:db8::1")],
    wlan0: [ipv4("198.51.100.1")],
    docker0: [ipv4("172.17.0.1", 16)],
    "br-0123456789ab": [ipv4("172.18.0.1", 16)],
    "br-lan": [ipv4("203.0.113.1")],
    vethf00: [ipv4("169.254.7.7", 16)],
    wg0: [ipv4("10.9.0.1")],
    tailscale0: [ipv4("100.64.0.1", 32)],
    eth1: [ipv6("fe80::2")],
  };
  assert.deepEqual(list(all), [
    "eth0 192.0.2.1 192.0.2.1 2001:db8::1",
    "wlan0 198.51.100.1 198.51.100.1",
    "br-lan 203.0.113.1 203.0.113.1",
  ]);
});

test("uses link-local addresses only where there is no other, and counts aliases as one interface", () => {
  assert.deepEqual(list({ eth0: [ipv4("169.254.1.1", 16)] }), ["eth0 169.254.1.1 169.254.1.1"]);
  assert.deepEqual(list({ eth0: [ipv4("169.254.1.1", 16)], "eth0:1": [ipv4("192.0.2.1")] }), [
    "eth0 192.0.2.1 192.0.2.1",
  ]);
});

test("announces only what the server listens on", () => {
  const eth0 = { eth0: [ipv4("192.0.2.1"), ipv4("192.0.2.2"), ipv6("2001:db8::1")] };
  assert.deepEqual(list(eth0, "0.0.0.0"), ["eth0 192.0.2.1 192.0.2.1 192.0.2.2"]);
  assert.deepEqual(list(eth0, "192.0.2.2"), ["eth0 192.0.2.1 192.0.2.2"]);
  assert.deepEqual(list(eth0, "127.0.0.1"), []);
});

test("hears its own network, and strangers that no other interface knows", () => {
  const [eth0, wlan0] = findLinks(
    { eth0: [ipv4("192.0.2.1")], wlan0: [ipv4("198.51.100.1")], docker0: [ipv4("172.17.0.1")] },
    "::",
  );
  assert.deepEqual(
    ["192.0.2.9", "198.51.100.9", "172.17.0.9", "203.0.113.9"].map((from) => [eth0?.hears(from), wlan0?.hears(from)]),
    [
      [true, false],
      [false, true],
      [false, false],
      [true, true],
    ],
  );
  assert.deepEqual([eth0?.covers("192.0.2.9"), eth0?.covers("203.0.113.9")], [true, false]);
});

test("reads from the kernel's table on which interface a group is joined", () => {
  const table = [
    "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter",
    "1\tlo        :     1      V3",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "2\teth0      :     2      V3",
    "\t\t\t\tFB0000E0     2 0:00000000\t\t0",
    "\t\t\t\t010000E0     1 0:00000000\t\t0",
    "",
  ].join("\n");
  assert.deepEqual(
    ["lo", "eth0", "eth", "wlan0"].map((name) => isJoined(table, name)),
    [false, true, false, false],
  );
});
