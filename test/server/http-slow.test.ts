import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { until } from "../support/wait.ts";
import { connectRaw, startRig, statusesOf, type RawClient, type Rig } from "./http-rig.ts";

const take: HttpRoute = {
  method: "POST",
  path: "/take",
  access: "view",
  summary: "Takes JSON",
  response: { type: "application/json" },
  handle: async (request) => ({ body: { got: await request.json() } }),
};
const large: HttpRoute = {
  method: "GET",
  path: "/large",
  access: "view",
  summary: "More than sockets hold",
  response: { type: "application/octet-stream" },
  handle: () => ({ body: Buffer.alloc(64 * 1024 * 1024) }),
};

/** Deadlines of a tenth of a second: what takes ten seconds in the product. */
const timeouts = { headersMs: 200, bodyMs: 200, keepAliveMs: 200, answerMs: 100, checkMs: 20 };

function start(): Promise<Rig> {
  return startRig({ routes: [take, large], server: { timeouts } });
}

/** Sends `chunk()` every few milliseconds until the server has closed the connection. */
async function trickle(client: RawClient, chunk: () => string): Promise<string> {
  const timer = setInterval(() => client.socket.writable && client.send(chunk()), 10);
  after(() => clearInterval(timer));
  const text = await client.ended();
  clearInterval(timer);
  return text;
}

const post = (headers: string) => `POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n`;

/** What is sent at once, what then trickles, and the one status that it gets. */
const attacks: readonly (readonly [what: string, start: string, chunk: (() => string) | undefined, status: number])[] =
  [
    ["nothing at all", "", undefined, 408],
    ["half a request line", "GET /hea", undefined, 408],
    ["a request line, letter by letter", "GET /", () => "a", 408],
    ["empty lines before the request", "\r\n", () => "\r\n", 408],
    ["headers, one after the other", "GET /healthz HTTP/1.1\r\nHost: x\r\n", () => "X-a: b\r\n", 408],
    ["one header without end", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-a: ", () => "b", 408],
    ["a declared body that never comes", post("Content-Length: 10\r\n"), undefined, 408],
    ["a declared body, byte by byte", post("Content-Length: 60000\r\n"), () => " ", 408],
    ["a chunked body, byte by byte", post("Transfer-Encoding: chunked\r\n"), () => "1\r\n \r\n", 408],
    ["a chunk's size, digit by digit", post("Transfer-Encoding: chunked\r\n"), () => "0", 408],
    ["a chunk extension without end", `${post("Transfer-Encoding: chunked\r\n")}1;a=`, () => "b", 408],
    ["trailers without end", `${post("Transfer-Encoding: chunked\r\n")}2\r\n{}\r\n0\r\n`, () => "X-a: b\r\n", 408],
  ];

describe("slow clients", { timeout: 60_000 }, () => {
  for (const [what, start_, chunk, status] of attacks) {
    it(`${what}: ${status} and closed`, async () => {
      const rig = await start();
      const client = await connectRaw(rig);
      client.send(start_);
      const answer = chunk ? await trickle(client, chunk) : await client.ended();
      assert.deepEqual(statusesOf(answer), [status], answer);
      assert.match(answer, /Connection: close\r\n/i);
      assert.equal(rig.server.stats.refusals.timeout, 1);
      await until(() => rig.server.stats.connections === 0, "the connection to be forgotten");
      assert.equal((await rig.get("/healthz")).status, 200);
    });
  }

  it("a chunk extension of many kilobytes: 413 and closed, one answer", async () => {
    const rig = await start();
    const client = await connectRaw(rig);
    client.send(`${post("Transfer-Encoding: chunked\r\n")}1;a=${"b".repeat(40_000)}`);
    assert.deepEqual(statusesOf(await client.ended()), [413]);
  });

  it("an idle connection is closed after its last answer", async () => {
    const rig = await start();
    const client = await connectRaw(rig);
    client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.deepEqual(statusesOf(await client.ended()), [200]);
  });

  it("a body that no door reads ends the connection after the answer", async () => {
    const rig = await start();
    for (const length of ["Content-Length: 1000000000\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const client = await connectRaw(rig);
      client.send(`GET /healthz HTTP/1.1\r\nHost: x\r\n${length}\r\n`);
      const answer = await trickle(client, () => "1\r\n \r\n");
      assert.deepEqual(statusesOf(answer), [200], answer);
    }
    const small = await connectRaw(rig);
    small.send(
      "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    assert.deepEqual(statusesOf(await small.ended()), [200]);
  });

  it("who does not take the answer is closed", async () => {
    const rig = await start();
    const client = await connectRaw(rig);
    client.socket.pause();
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => rig.server.stats.refusals["slow-reader"] > 0, "the slow reader to be noticed");
    client.socket.resume();
    await client.ended();
    await until(() => rig.server.stats.connections === 0, "the connection to be forgotten");
  });
});

describe("bombs", { timeout: 60_000 }, () => {
  it("headers without end, in number or in size: 431, closed, one answer", async () => {
    const rig = await start();
    for (const headers of [
      "X-a: b\r\n".repeat(10_000),
      `X-a: ${"b".repeat(1_000_000)}\r\n`,
      `${"a".repeat(100_000)}: b\r\n`,
      `Cookie: ${"a=b; ".repeat(20_000)}\r\n`,
    ]) {
      const client = await connectRaw(rig);
      client.send(`GET /healthz HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
      assert.deepEqual(statusesOf(await client.ended()), [431]);
    }
    const target = await connectRaw(rig);
    target.send(`GET /${"a".repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.deepEqual(statusesOf(await target.ended()), [431]);
    assert.equal(rig.server.stats.refusals["headers-too-large"], 5);
  });

  it("bodies without end: 413 and closed, whether the size was said or not", async () => {
    const rig = await startRig({ routes: [take] });
    const megabyte = "x".repeat(1_048_576);
    for (const [headers, body] of [
      ["Content-Length: 1000000000000\r\n", megabyte],
      ["Content-Length: 1048576\r\n", megabyte],
      ["Transfer-Encoding: chunked\r\n", `100000\r\n${megabyte}\r\n`.repeat(4)],
    ] as const) {
      const client = await connectRaw(rig);
      client.send(post(headers) + body);
      const answer = await client.ended();
      assert.deepEqual(statusesOf(answer), [413], headers);
    }
    assert.equal(rig.server.stats.refusals["body-too-large"], 3);
  });

  it("JSON as deep as a body can be is an answer, not the end", async () => {
    const rig = await startRig({ routes: [take] });
    for (const body of [
      `${"[".repeat(32_000)}${"]".repeat(32_000)}`,
      `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
    ]) {
      const response = await rig.get("/take", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      assert.ok([200, 400, 500].includes(response.status), `${response.status}`);
      await response.arrayBuffer();
    }
    assert.equal((await rig.get("/healthz")).status, 200);
  });
});
