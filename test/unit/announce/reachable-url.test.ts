import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { pageUrls, placeOf, reachableUrl, reachableUrls, type WebPlace } from "../../../src/announce/reachable-url.ts";
import { loadConfig } from "../../../src/config/load.ts";

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

function placeAt(host: string, more: Partial<WebPlace> = {}): WebPlace {
  return { host, port: 8080, httpsPort: 0, basePath: "", names: [], redirects: false, ...more };
}

for (const [host, url] of table) {
  test(`a server on ${host}`, () => assert.equal(reachableUrl(placeAt(host), interfaces), url));
}

test("without an address of its own there is none; IPv6 where there is no IPv4", () => {
  const place = placeAt("::", { port: 80 });
  assert.equal(reachableUrl(place, { lo: interfaces.lo, docker0: interfaces.docker0 }), undefined);
  assert.equal(reachableUrl(place, { wlan0: [at("169.254.3.4"), at("2001:db8::7")] }), "http://[2001:db8::7]:80");
});

test("plain HTTP is told where there is any, unless it sends everybody to HTTPS", () => {
  const urlOf = (more: Partial<WebPlace>) => reachableUrl(placeAt("::", more), interfaces);
  assert.equal(urlOf({ httpsPort: 8443 }), "http://192.0.2.5:8080");
  assert.equal(urlOf({ httpsPort: 8443, redirects: true }), "https://192.0.2.5:8443");
  assert.equal(urlOf({ port: 0, httpsPort: 8443 }), "https://192.0.2.5:8443");
  assert.equal(urlOf({ port: 0 }), undefined);
});

test("names of the certificate come first by HTTPS, the name by mDNS after the address, the base path behind all", () => {
  const more = { httpsPort: 8443, basePath: "/cam", names: ["home.example.org"], mdnsName: "sightline-0a.local" };
  const place = placeAt("::", more);
  assert.deepEqual(reachableUrls(place, "https", interfaces), [
    "https://home.example.org:8443/cam",
    "https://192.0.2.5:8443/cam",
    "https://sightline-0a.local:8443/cam",
  ]);
  assert.deepEqual(reachableUrls(place, "http", interfaces), [
    "http://192.0.2.5:8080/cam",
    "http://sightline-0a.local:8080/cam",
  ]);
  assert.equal(reachableUrl(place, interfaces), "http://192.0.2.5:8080/cam");
});

test("a page is also found from this machine, if by nothing else", () => {
  const urlsOf = (host: string) => pageUrls(placeAt(host), "http", interfaces);
  assert.deepEqual(urlsOf("::"), ["http://192.0.2.5:8080", "http://localhost:8080"]);
  assert.deepEqual(urlsOf("192.0.2.9"), ["http://192.0.2.9:8080"]);
  assert.deepEqual(urlsOf("127.0.0.1"), ["http://127.0.0.1:8080"]);
  assert.deepEqual(urlsOf("::1"), ["http://[::1]:8080"]);
  assert.deepEqual(pageUrls(placeAt("::", { port: 0 }), "http", interfaces), []);
});

test("the configuration says where", () => {
  const placed = (...set: string[]) => placeOf(loadConfig({ cwd: "/", env: {}, flags: { set } }).config.server);
  const plain = {
    host: "::",
    port: 8080,
    httpsPort: 0,
    basePath: "",
    names: [],
    redirects: false,
    mdnsName: undefined,
  };
  assert.deepEqual(placed(), plain);
  const https = ["server.https.cert=c.pem", "server.https.key=k.pem", "server.https.redirect=true"];
  assert.deepEqual(placed(...https), { ...plain, httpsPort: 8443, redirects: true });
  assert.deepEqual(placed("server.socket=/run/http.sock", "server.basePath=/cam"), {
    ...plain,
    port: 0,
    basePath: "/cam",
  });
  const hosts = "server.hosts=[home.example.org, '*.example.org', 192.0.2.4]";
  assert.deepEqual(placed(hosts), { ...plain, names: ["home.example.org"] });
});
