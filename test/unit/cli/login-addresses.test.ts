import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebPlace } from "../../../src/announce/reachable-url.ts";
import { describeAddresses, loginAddresses } from "../../../src/cli/login-addresses.ts";

const eth0 = {
  address: "192.0.2.5",
  netmask: "",
  mac: "",
  internal: false,
  cidr: null,
  family: "IPv4",
} as const;
const place: WebPlace = { host: "::", port: 8080, httpsPort: 0, basePath: "", names: [], redirects: false };

function addressesAt(more: Partial<WebPlace>) {
  const addresses = loginAddresses({ ...place, ...more }, "TOKEN", { eth0: [eth0] });
  return { addresses, words: describeAddresses(addresses) };
}

test("a login link is for other machines first, and for this one", () => {
  assert.deepEqual(addressesAt({ mdnsName: "sightline-0a.local" }), {
    addresses: [
      "http://192.0.2.5:8080/#link=TOKEN",
      "http://sightline-0a.local:8080/#link=TOKEN",
      "http://localhost:8080/#link=TOKEN",
    ],
    words: "or: http://sightline-0a.local:8080/#link=TOKEN\nor: http://localhost:8080/#link=TOKEN\n",
  });
  assert.deepEqual(addressesAt({ host: "127.0.0.1" }), { addresses: ["http://127.0.0.1:8080/#link=TOKEN"], words: "" });
});

test("it goes by HTTPS where there is any, below the base path", () => {
  const { addresses } = addressesAt({ httpsPort: 8443, basePath: "/cam" });
  assert.deepEqual(addresses, ["https://192.0.2.5:8443/cam/#link=TOKEN", "https://localhost:8443/cam/#link=TOKEN"]);
});

test("behind a Unix socket nobody knows the address: the path is told, and what to do with it", () => {
  assert.deepEqual(addressesAt({ port: 0, basePath: "/cam" }), {
    addresses: ["/cam/#link=TOKEN"],
    words: "Put this behind the address that your proxy has for Sightline, as https://HOST.\n",
  });
});
