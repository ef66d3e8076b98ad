import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { until } from "../support/wait.ts";
import { connectRaw, startRig, type RawClient, type Rig } from "./http-rig.ts";

const hold: HttpRoute = {
  method: "GET",
  path: "/hold",
  access: "view",
  summary: "Never ends",
  response: { type: "text/plain" },
  handle: () => ({ takeOver: (response) => void response.write("held") }),
};

const take: HttpRoute = {
  method: "POST",
  path: "/take",
  access: "view",
  summary: "Takes JSON",
  response: { type: "application/json" },
  handle: async (request) => ({ body: { got: await request.json() } }),
};

let waiting = 0;
const waitDoor: HttpRoute = {
  ...hold,
  path: "/wait",
  room: "reserved",
  handle: () => {
    waiting += 1;
    return new Promise(() => {});
  },
};

async function holdOne(rig: Rig, localAddress?: string): Promise<RawClient> {
  const client = await connectRaw(rig, localAddress);
  client.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.received("held");
  return client;
}

async function ask(rig: Rig, path: string, localAddress?: string): Promise<string> {
  const client = await connectRaw(rig, localAddress);
  client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return client.ended();
}

/** Resolves when the server has noticed that connections ended. */
async function untilOpen(rig: Rig, count: number): Promise<void> {
  while (rig.server.stats.connections !== count) await new Promise((resolve) => setImmediate(resolve));
}

test("when every place is taken, health and API still answer and others hear 503 and when to come back", async () => {
  const rig = await startRig({
    routes: [hold],
    server: { limits: { connections: 3, perAddress: 100, reserved: 4 } },
  });
  const held = [await holdOne(rig), await holdOne(rig), await holdOne(rig)];
  const refused = await ask(rig, "/hold");
  assert.match(refused, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(refused, /Retry-After: 5\r\n/);
  assert.match(refused, /Connection: close\r\n/i);
  assert.match(refused, /application\/problem\+json/);
  assert.match(refused, /"detail":"too many connections: every place is taken"/);
  for (const path of ["/healthz", "/readyz", "/metrics", "/api/cameras", "/api/openapi.json"]) {
    const answer = await ask(rig, path);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/, path);
    assert.match(answer, /Connection: close\r\n/i, path);
  }
  assert.match(await ask(rig, "/nothing"), /^HTTP\/1\.1 503 /);
  held[0]?.socket.destroy();
  await untilOpen(rig, 2);
  await holdOne(rig);
  assert.deepEqual(rig.server.stats.refusals.connections, 2);
});

test("one address has its own limit: 429 to it, room for everybody else", async () => {
  const rig = await startRig({ routes: [hold], server: { limits: { connections: 10, perAddress: 2, reserved: 4 } } });
  await holdOne(rig, "127.0.0.1");
  await holdOne(rig, "127.0.0.1");
  const refused = await ask(rig, "/hold", "127.0.0.1");
  assert.match(refused, /^HTTP\/1\.1 429 Too Many Requests\r\n/);
  assert.match(refused, /Retry-After: 5\r\n/);
  assert.match(await ask(rig, "/healthz", "127.0.0.1"), /^HTTP\/1\.1 200 /);
  await holdOne(rig, "127.0.0.2");
  assert.equal(rig.server.stats.refusals.address, 1);
});

test("beyond the reserved places the longest silent makes room, and one address cannot have them all", async () => {
  const rig = await startRig({
    routes: [hold, waitDoor],
    server: { limits: { connections: 1, perAddress: 9, reserved: 4 } },
  });
  await holdOne(rig);
  const mine = [await connectRaw(rig), await connectRaw(rig)];
  await untilOpen(rig, 3);
  const others = [await connectRaw(rig, "127.0.0.2"), await connectRaw(rig, "127.0.0.2")];
  await untilOpen(rig, 5);
  // An address that has its share pushes out its own.
  const third = await connectRaw(rig);
  assert.equal(await mine[0]?.ended(), "");
  assert.match(await ask(rig, "/healthz", "127.0.0.3"), /^HTTP\/1\.1 200 /);
  assert.equal(await mine[1]?.ended(), "");
  assert.equal(rig.server.stats.refusals.full, 2);
  assert.deepEqual(
    [third, ...others].map(({ socket }) => socket.closed),
    [false, false, false],
  );
  // Who asked already is not pushed out.
  for (const client of [third, ...others]) client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  const fourth = await connectRaw(rig);
  fourth.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => waiting === 4, "four requests");
  assert.equal(await ask(rig, "/healthz", "127.0.0.4"), "");
  for (const client of [third, fourth, ...others]) client.socket.destroy();
  await untilOpen(rig, 1);
});

test("slow headers are answered 408 and closed", async () => {
  const rig = await startRig({ server: { timeouts: { headersMs: 100, bodyMs: 100, checkMs: 10 } } });
  const slow = await connectRaw(rig);
  slow.send("GET /healthz HTTP/1.1\r\nHost:");
  const answer = await slow.ended();
  assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assert.match(answer, /"detail":"the request did not arrive in time"/);
  assert.equal(rig.server.stats.refusals.timeout, 1);
});

test("a running answer outlives the header timeout", async () => {
  const rig = await startRig({ routes: [hold], server: { timeouts: { headersMs: 300, bodyMs: 300, checkMs: 10 } } });
  const viewer = await holdOne(rig);
  // Two slow clients, one after the other, show that the timeout has passed twice.
  for (let round = 0; round < 2; round += 1) {
    const slow = await connectRaw(rig);
    slow.send("GET /");
    assert.match(await slow.ended(), /^HTTP\/1\.1 408 /);
  }
  assert.equal(viewer.socket.closed, false);
  await untilOpen(rig, 1);
});

test("headers beyond 16 kB are answered 431, also while the client is still sending", async () => {
  const rig = await startRig();
  const client = await connectRaw(rig);
  client.send(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(500_000)}`);
  const answer = await client.ended();
  assert.match(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  assert.match(answer, /application\/problem\+json/);
  assert.equal(rig.server.stats.refusals["headers-too-large"], 1);
  assert.equal((await rig.get("/healthz")).status, 200);
});

test("what is not HTTP is answered 400 and closed; garbage after a begun answer only closes", async () => {
  const rig = await startRig({ routes: [hold] });
  const garbage = await connectRaw(rig);
  garbage.send("\x16\x03\x01\x02\x00\x01 not http at all\r\n\r\n");
  const answer = await garbage.ended();
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  const viewer = await holdOne(rig);
  viewer.send("GARBAGE\r\n\r\n\x00\x01");
  assert.doesNotMatch(await viewer.ended(), /HTTP\/1\.1 400/);
});

test("a JSON body: 415, 400, 413 and 408 say what is wrong with it", async () => {
  const rig = await startRig({ routes: [take], server: { timeouts: { bodyMs: 1000 } } });
  const post = (body: string, type = "application/json") =>
    rig.get("/take", { method: "POST", body, headers: { "Content-Type": type } });
  assert.deepEqual(await (await post('{"a":1}')).json(), { got: { a: 1 } });
  assert.deepEqual(await (await post("[]", "application/json; charset=utf-8")).json(), { got: [] });
  assert.equal((await post("{}", "text/plain")).status, 415);
  assert.equal((await post("{")).status, 400);
  assert.equal((await post("")).status, 400);
  assert.equal((await post('"\x80')).status, 400);
  assert.equal((await post(JSON.stringify("a".repeat(65_534)))).status, 200);
  assert.equal((await post(JSON.stringify("a".repeat(65_535)))).status, 413);
  assert.equal((await post(JSON.stringify("a".repeat(600_000)))).status, 413);
  const slow = await connectRaw(rig);
  slow.send("POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
  assert.match(await slow.ended(), /^HTTP\/1\.1 408 /);
  const chunked = await connectRaw(rig);
  const chunk = `8000\r\n${" ".repeat(0x8000)}\r\n`;
  chunked.send(
    `POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  chunked.send(`${chunk.repeat(3)}0\r\n\r\n`);
  assert.match(await chunked.ended(), /^HTTP\/1\.1 413 /);
});

test("counts answers by status", async () => {
  const rig = await startRig();
  await rig.get("/healthz");
  await rig.get("/healthz");
  await rig.get("/nothing");
  assert.deepEqual(Object.fromEntries(rig.server.stats.requests), { 200: 2, 404: 1 });
});
