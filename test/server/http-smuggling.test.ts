import assert from "node:assert/strict";
import { test } from "node:test";
import { connectRaw, startRig, statusesOf } from "./http-rig.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";

const seen: string[] = [];
const take: HttpRoute = {
  method: "POST",
  path: "/take",
  access: "view",
  summary: "Takes JSON",
  response: { type: "application/json" },
  handle: async (request) => ({ body: { got: await request.json() } }),
};
const hidden: HttpRoute = {
  ...take,
  method: "GET",
  path: "/hidden",
  handle: () => {
    seen.push("/hidden");
    return { body: { hidden: true } };
  },
};

/** The second request, which a proxy in front would take for the body of the first. */
const smuggled = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
const chunked = `0\r\n\r\n${smuggled}`;

function post(headers: readonly string[], body: string): string {
  return ["POST /take HTTP/1.1", "Host: x", "Content-Type: application/json", ...headers, "", body].join("\r\n");
}

/** Requests that two parsers may read in two ways. Each gets one refusal, and its connection ends with it. */
const corpus: Readonly<Record<string, string>> = {
  "CL.TE": post([`Content-Length: ${chunked.length}`, "Transfer-Encoding: chunked"], chunked),
  "TE.CL": post(["Transfer-Encoding: chunked", "Content-Length: 4"], chunked),
  "CL.TE, CL 0": post(["Content-Length: 0", "Transfer-Encoding: chunked"], chunked),
  "TE: xchunked": post(["Transfer-Encoding: xchunked"], chunked),
  "TE: chunked with a space before the colon": post(["Transfer-Encoding : chunked"], chunked),
  "TE with a tab before the colon": post(["Transfer-Encoding\t: chunked"], chunked),
  "TE twice, chunked and identity": post(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], chunked),
  "TE twice, identity and chunked": post(["Transfer-Encoding: identity", "Transfer-Encoding: chunked"], chunked),
  "TE: chunked, identity": post(["Transfer-Encoding: chunked, identity"], chunked),
  "TE: identity": post(["Transfer-Encoding: identity"], chunked),
  "TE: gzip, chunked": post(["Transfer-Encoding: gzip, chunked"], chunked),
  "TE: chunked, chunked": post(["Transfer-Encoding: chunked, chunked"], chunked),
  "TE: chunked;a=b": post(["Transfer-Encoding: chunked;a=b"], chunked),
  'TE: "chunked"': post(['Transfer-Encoding: "chunked"'], chunked),
  "TE: cow": post(["Transfer-Encoding: cow"], chunked),
  "TE: chunk": post(["Transfer-Encoding: chunk"], chunked),
  "TE, empty": post(["Transfer-Encoding:", "Content-Length: 0"], smuggled),
  "TE with a vertical tab": post(["Transfer-Encoding: \x0bchunked"], chunked),
  "TE with a null byte": post(["Transfer-Encoding: chunked\0"], chunked),
  "TE folded onto a second line": post(["Transfer-Encoding:", " chunked"], chunked),
  "TE behind a folded line": post(["X-a: b", " Transfer-Encoding: chunked", "Content-Length: 0"], smuggled),
  "TE after a bare CR": post(["X-a: b\rTransfer-Encoding: chunked"], chunked),
  "TE after a bare LF": post(["X-a: b\nTransfer-Encoding: chunked", "Content-Length: 0"], chunked),
  "TE in HTTP/1.0": post(["Transfer-Encoding: chunked"], chunked).replace("HTTP/1.1", "HTTP/1.0"),
  "two CLs that differ": post(["Content-Length: 0", `Content-Length: ${smuggled.length}`], smuggled),
  "two CLs that are the same": post(["Content-Length: 0", "Content-Length: 0"], smuggled),
  "CL: 0, 5": post([`Content-Length: 0, ${smuggled.length}`], smuggled),
  "CL: +0": post(["Content-Length: +0"], smuggled),
  "CL: -1": post(["Content-Length: -1"], smuggled),
  "CL: 0x0": post(["Content-Length: 0x0"], smuggled),
  "CL: 1e1": post(["Content-Length: 1e1"], smuggled),
  "CL: 0 0": post(["Content-Length: 0 0"], smuggled),
  "CL with a space before the colon": post(["Content-Length : 0"], smuggled),
  "CL beyond 2^64": post(["Content-Length: 18446744073709551616"], smuggled),
  "chunk size 0x0": post(["Transfer-Encoding: chunked"], `0x0\r\n\r\n${smuggled}`),
  "chunk size -1": post(["Transfer-Encoding: chunked"], `-1\r\n\r\n${smuggled}`),
  "chunk size +0": post(["Transfer-Encoding: chunked"], `+0\r\n\r\n${smuggled}`),
  "chunk size beyond 2^64": post(["Transfer-Encoding: chunked"], `10000000000000000\r\n\r\n${smuggled}`),
  "chunk size, empty": post(["Transfer-Encoding: chunked"], `\r\n\r\n${smuggled}`),
  "chunk without CR": post(["Transfer-Encoding: chunked"], `2\n{}\r\n0\r\n\r\n${smuggled}`),
  "chunk longer than its size": post(["Transfer-Encoding: chunked"], `2\r\n{}}}\r\n0\r\n\r\n${smuggled}`),
  "bare LF after the request line": "GET /healthz HTTP/1.1\nHost: x\r\n\r\n",
  "bare CR in the request line": "GET /healthz\rHTTP/1.1\r\nHost: x\r\n\r\n",
  "a space before the first header": "GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n",
  "a header without colon": "GET /healthz HTTP/1.1\r\nHost: x\r\nNothing\r\n\r\n",
  "a header without name": "GET /healthz HTTP/1.1\r\nHost: x\r\n: nothing\r\n\r\n",
  "a null byte in a header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-a: \0\r\n\r\n",
  "a null byte in a header's name": "GET /healthz HTTP/1.1\r\nHost: x\r\nX\0a: b\r\n\r\n",
  "HTTP/0.9": "GET /healthz\r\n\r\n",
  "HTTP/2.0": "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
  "HTTP/1.2": "GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n",
  "http/1.1": "GET /healthz http/1.1\r\nHost: x\r\n\r\n",
  "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "no method": " /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  "an unknown method": "EVIL /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  "a space in the target": "GET /healthz evil HTTP/1.1\r\nHost: x\r\n\r\n",
  "a TLS handshake": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
  "two Hosts": "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
};

for (const [what, bytes] of Object.entries(corpus)) {
  test(`${what}: one refusal, and the end`, async () => {
    seen.length = 0;
    // Whoever waits for more of a body, waits for a moment only.
    const rig = await startRig({
      routes: [take, hidden],
      server: { timeouts: { headersMs: 300, bodyMs: 300, checkMs: 50, keepAliveMs: 300 } },
    });
    const client = await connectRaw(rig);
    client.send(bytes);
    const answer = await client.ended();
    const statuses = statusesOf(answer);
    assert.equal(statuses.length, 1, JSON.stringify(answer));
    assert.ok([400, 405, 408, 413, 501, 505].includes(statuses[0] ?? 0), JSON.stringify(answer));
    assert.deepEqual(seen, []);
    assert.equal((await rig.get("/healthz")).status, 200);
  });
}

test("requests one after the other in one packet are answered in order", async () => {
  const rig = await startRig({ routes: [take, hidden] });
  const client = await connectRaw(rig);
  const body = "{}";
  client.send(
    post([`Content-Length: ${body.length}`], body) +
      post(["Transfer-Encoding: chunked"], `2\r\n{}\r\n0\r\n\r\n`) +
      "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  );
  assert.deepEqual(statusesOf(await client.ended()), [200, 200, 404]);
});
