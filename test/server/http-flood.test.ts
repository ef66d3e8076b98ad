import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { connectRaw, exchange, startRig, statusesOf, type Rig } from "./http-rig.ts";

const plain: HttpRoute = {
  method: "GET",
  path: "/plain",
  access: "view",
  summary: "Answers at once",
  response: { type: "text/plain" },
  handle: () => ({ body: "plain" }),
};
const hold: HttpRoute = {
  ...plain,
  path: "/hold",
  handle: () => ({ takeOver: (response) => void response.write("held") }),
};
const routes = [plain, hold];
const limits = { connections: 100, perAddress: 50, reserved: 4 };

/** Statuses of `count` requests for `path` in one go; those after the first refusal are not even looked at. */
async function flood(rig: Rig, path: string, count: number, headers = ""): Promise<Record<number, number>> {
  const request = `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}`;
  const answer = await exchange(rig, `${request}\r\n`.repeat(count - 1) + `${request}Connection: close\r\n\r\n`);
  const counts: Record<number, number> = {};
  for (const status of statusesOf(answer)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe("floods of requests", () => {
  it("are answered 429 with Retry-After, while health and metrics still answer, each by its own measure", async () => {
    const clock = new FakeClock();
    const rig = await startRig({ routes, server: { limits: { ...limits, requestsPerSecond: 10 }, clock } });
    assert.deepEqual(await flood(rig, "/plain", 100), { 200: 20, 429: 1 });
    const refused = await rig.get("/plain");
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "1"]);
    assert.equal((await rig.get("/nothing")).status, 429);
    for (const path of ["/healthz", "/readyz", "/metrics", "/api/cameras"]) {
      assert.equal((await rig.get(path)).status, 200, path);
    }
    // A flood of one reserved door takes nothing from the others.
    assert.deepEqual(await flood(rig, "/api/openapi.json", 50), { 200: 2, 429: 1 });
    assert.equal((await rig.get("/healthz")).status, 200);
    assert.equal(rig.server.stats.refusals.rate, 4);
    await clock.advance(1000);
    assert.deepEqual(await flood(rig, "/plain", 11), { 200: 10, 429: 1 });
    await clock.advance(60_000);
    assert.deepEqual(await flood(rig, "/plain", 21), { 200: 20, 429: 1 });
  });

  it("of one address take nothing from another", async () => {
    const clock = new FakeClock();
    const rig = await startRig({ routes, server: { limits: { ...limits, requestsPerSecond: 5 }, clock } });
    assert.deepEqual(await flood(rig, "/plain", 20), { 200: 10, 429: 1 });
    const other = await connectRaw(rig, "127.0.0.2");
    other.send("GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.deepEqual(statusesOf(await other.ended()), [200]);
  });

  it("behind a trusted proxy count by the client's address, which others cannot forge", async () => {
    const clock = new FakeClock();
    const server = { limits: { ...limits, requestsPerSecond: 5 }, clock };
    const trusting = await startRig({ routes, server: { ...server, trustedProxies: ["127.0.0.1"] } });
    const by = (address: string) => `X-Forwarded-For: ${address}\r\n`;
    assert.deepEqual(await flood(trusting, "/plain", 20, by("203.0.113.1")), { 200: 10, 429: 10 });
    assert.deepEqual(await flood(trusting, "/plain", 20, by("203.0.113.2")), { 200: 10, 429: 10 });
    assert.deepEqual(await flood(trusting, "/plain", 20, by("9.9.9.9, 203.0.113.2")), { 429: 20 });
    assert.deepEqual(await flood(trusting, "/plain", 20, by("2001:db8::1")), { 200: 10, 429: 10 });
    assert.deepEqual(await flood(trusting, "/plain", 20, by("2001:db8::2")), { 429: 20 });
    const strict = await startRig({ routes, server });
    assert.deepEqual(await flood(strict, "/plain", 10, by("203.0.113.1")), { 200: 10 });
    assert.deepEqual(await flood(strict, "/plain", 10, by("203.0.113.2")), { 429: 1 });
  });
});

describe("floods of connections", () => {
  it("are closed before anything is read, but for a few, which health checks can use", async () => {
    const clock = new FakeClock();
    const rig = await startRig({ routes, server: { limits: { ...limits, requestsPerSecond: 10 }, clock } });
    const comes = async (): Promise<boolean> => {
      const answer = await exchange(rig, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      return answer !== "";
    };
    for (let count = 0; count < 22; count += 1) assert.equal(await comes(), true, String(count));
    for (let count = 0; count < 20; count += 1) assert.equal(await comes(), false);
    assert.equal(rig.server.stats.refusals.rate, 20);
    await clock.advance(1000);
    for (let count = 0; count < 11; count += 1) assert.equal(await comes(), true, String(count));
    assert.equal(await comes(), false);
  });
});

describe("a trusted proxy's connections", () => {
  it("have no limit of their address; its clients have, for requests at once", async () => {
    const server = { limits: { connections: 20, perAddress: 2, reserved: 4 }, trustedProxies: ["127.0.0.1"] };
    const rig = await startRig({ routes, server });
    const open = async (address: string) => {
      const client = await connectRaw(rig);
      client.send(`GET /hold HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n\r\n`);
      return client;
    };
    const first = await open("203.0.113.1");
    const others = [await open("203.0.113.1"), await open("203.0.113.2"), await open("203.0.113.2")];
    for (const client of [first, ...others]) await client.received("held");
    assert.match(
      await exchange(
        rig,
        "GET /plain HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\nConnection: close\r\n\r\n",
      ),
      /^HTTP\/1\.1 429 /,
    );
    assert.match(
      await exchange(
        rig,
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\nConnection: close\r\n\r\n",
      ),
      /^HTTP\/1\.1 200 /,
    );
    first.socket.destroy();
    for (;;) {
      const again = await open("203.0.113.1");
      const answer = await Promise.race([
        again.received("held").then(() => "held"),
        again.received("429").then(() => "429"),
      ]);
      if (answer === "held") break;
      again.socket.destroy();
    }
  });
});
