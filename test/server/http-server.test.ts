import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { StorageError, UnavailableError } from "../../src/core/errors.ts";
import type { Log } from "../../src/core/log.ts";
import { silentLog } from "../../src/core/log.ts";
import { openGuard } from "../../src/outputs/http/guard-port.ts";
import { createHttpServer } from "../../src/outputs/http/http-server.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { connectRaw, createCamera, readProblem, startRig } from "./http-rig.ts";

const text = { type: "text/plain" };

function door(path: string, handle: HttpRoute["handle"], more: Partial<HttpRoute> = {}): HttpRoute {
  return { method: "GET", path, access: "view", summary: "for the test", response: text, handle, ...more };
}

test("a door gets its parameters, its query by type, and nothing it did not declare", async () => {
  const seen: unknown[] = [];
  const route = door(
    "/echo/:name",
    ({ method, path, params, query, remoteAddress }) => {
      seen.push({ method, path, params: { ...params }, query: { ...query }, remoteAddress });
      return { body: { ok: true } };
    },
    {
      query: [
        { name: "fps", description: "", schema: { type: "number", minimum: 0.1, maximum: 60 } },
        { name: "dual", description: "", schema: { type: "boolean" } },
      ],
      response: { type: "application/json" },
    },
  );
  const rig = await startRig({ routes: [route] });
  const response = await rig.get("/echo/a%20b?fps=2.5&dual=yes&cache=123&__proto__=x");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.deepEqual(await response.json(), { ok: true });
  assert.deepEqual(seen, [
    {
      method: "GET",
      path: "/echo/a%20b",
      params: { name: "a b" },
      query: { fps: 2.5, dual: true },
      remoteAddress: "127.0.0.1",
    },
  ]);
});

test("a bad value of a known key is a 400 that names it", async () => {
  const query = [{ name: "fps", description: "", schema: { type: "number", minimum: 1 } }] as const;
  const rig = await startRig({ routes: [door("/x", () => ({ body: "x" }), { query })] });
  const problem = await readProblem(await rig.get("/x?fps=fast"));
  assert.deepEqual(problem, {
    type: "about:blank",
    title: "Bad Request",
    status: 400,
    detail: 'fps is "fast", must be a number from 1',
    instance: "/x",
    key: "fps",
    problems: [{ key: "fps", value: "fast", allowed: "must be a number from 1" }],
  });
});

test("HEAD gives a GET door's headers without its body", async () => {
  const rig = await startRig({ routes: [door("/x", () => ({ body: "hello" }))] });
  const response = await rig.get("/x", { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), "5");
  assert.equal(await response.text(), "");
});

test("unknown paths are 404, wrong methods 405 with Allow", async () => {
  const rig = await startRig({ routes: [door("/x", () => ({ body: "x" }))] });
  const missing = await readProblem(await rig.get("/nothing/here?x=1"));
  assert.equal(missing["status"], 404);
  assert.equal(missing["instance"], "/nothing/here");
  for (const method of ["POST", "DELETE", "PUT", "OPTIONS", "PATCH"]) {
    const response = await rig.get("/x", { method });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    await readProblem(response);
  }
});

test("paths that cannot be decoded or parsed disturb nothing", async () => {
  const rig = await startRig({ cameras: [createCamera("front")] });
  for (const path of ["/cameras/%E0%A4%A/snapshot.jpg", "/cameras/..%2f..%2fetc/snapshot.jpg", "//evil//", "/%"]) {
    const response = await rig.get(path);
    assert.equal(response.status, 404, path);
    await readProblem(response);
  }
  const client = await connectRaw(rig);
  client.send("GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(await client.ended(), /^HTTP\/1\.1 40[04] /);
  assert.equal((await rig.get("/healthz")).status, 200);
});

test("errors become problems: what is expected says so, what is not stays inside and is logged", async () => {
  const logged: object[] = [];
  const log: Log = { ...silentLog, error: (fields) => void logged.push(fields) };
  const routes = [
    door("/later", () => {
      throw new UnavailableError("not yet", 7);
    }),
    door("/broken", () => Promise.reject(new Error("secret path /etc/shadow"))),
    door("/odd", () => Promise.reject("a string")),
  ];
  const rig = await startRig({ routes, server: { log } });
  const later = await rig.get("/later");
  assert.equal(later.headers.get("retry-after"), "7");
  assert.deepEqual(await readProblem(later), {
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    detail: "not yet",
    instance: "/later",
  });
  assert.equal(logged.length, 0);
  for (const path of ["/broken", "/odd"]) {
    const problem = await readProblem(await rig.get(path));
    assert.deepEqual(problem, { type: "about:blank", title: "Internal Server Error", status: 500, instance: path });
  }
  assert.equal(logged.length, 2);
});

test("every answer carries the headers that cost nothing, none says what serves it", async () => {
  const rig = await startRig();
  for (const path of ["/healthz", "/nothing"]) {
    const { headers } = await rig.get(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.equal(headers.get("server"), null);
    assert.equal(headers.get("x-powered-by"), null);
  }
});

test("a door that takes over writes what it likes, unchunked, and the connection ends with it", async () => {
  const route = door("/raw", () => ({
    takeOver: (response) => {
      response.writeHead(200, { "Content-Type": "multipart/x-mixed-replace" });
      response.write("one");
      response.end("two");
    },
  }));
  const rig = await startRig({ routes: [route] });
  const client = await connectRaw(rig);
  client.send("GET /raw HTTP/1.1\r\nHost: x\r\n\r\n");
  const answer = await client.ended();
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /X-Content-Type-Options: nosniff\r\n/i);
  assert.match(answer, /Connection: close\r\n/i);
  assert.doesNotMatch(answer, /Transfer-Encoding/i);
  assert.ok(answer.endsWith("\r\n\r\nonetwo"), answer);
});

test("HEAD of a door that takes over ends with the headers", async () => {
  const rig = await startRig({
    routes: [door("/raw", () => ({ takeOver: (response) => void response.writeHead(200).write("x") }))],
  });
  const response = await rig.get("/raw", { method: "HEAD" });
  assert.equal(response.status, 200);
});

test("a request's signal aborts when its client goes away", async () => {
  const events = new EventEmitter();
  const entered = once(events, "entered");
  const aborted = once(events, "aborted");
  const route = door("/wait", ({ signal }) => {
    signal.addEventListener("abort", () => events.emit("aborted"));
    events.emit("entered");
    return { takeOver: () => {} };
  });
  const rig = await startRig({ routes: [route] });
  const client = await connectRaw(rig);
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  await entered;
  client.socket.destroy();
  await aborted;
});

test("stop aborts every signal, cuts who stays, and can be called twice or before start", async () => {
  const reasons: unknown[] = [];
  const route = door("/wait", ({ signal }) => {
    signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message));
    return { takeOver: (response) => void response.write("begun") };
  });
  const rig = await startRig({ routes: [route], server: { timeouts: { graceMs: 20 } } });
  const client = await connectRaw(rig);
  const idle = await connectRaw(rig);
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.received("begun");
  await Promise.all([rig.server.stop(), rig.server.stop()]);
  assert.deepEqual(reasons, ["the server stops"]);
  assert.match(await client.ended(), /begun$/);
  await idle.ended();
  await assert.rejects(rig.get("/healthz"));
  const limits = { connections: 1, perAddress: 1, reserved: 1 };
  await createHttpServer({
    host: "::",
    port: 0,
    limits,
    routes: [],
    guard: openGuard,
    clock: systemClock,
    log: silentLog,
  }).stop();
});

test("a taken port is an error in plain words", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(startRig({ server: { port } }), (error: Error) => {
      assert.ok(error instanceof UnavailableError);
      assert.match(error.message, new RegExp(`^port ${port} is taken by another program`));
      return true;
    });
  } finally {
    other.close();
  }
});

test("the page's files are served with their types and tags; index.html is /", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-web-"));
  try {
    writeFileSync(join(directory, "index.html"), "<!doctype html><title>x</title>");
    writeFileSync(join(directory, "page.js"), "export {};");
    writeFileSync(join(directory, "notes.txt"), "not for everybody");
    const rig = await startRig({ server: { staticFiles: directory } });
    const page = await rig.get("/");
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'self'/);
    assert.match(await page.text(), /<title>x/);
    assert.equal(await (await rig.get("/index.html")).text(), "<!doctype html><title>x</title>");
    const script = await rig.get("/page.js");
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(script.headers.get("cache-control"), "no-cache");
    const etag = script.headers.get("etag") ?? "";
    const again = await rig.get("/page.js", { headers: { "If-None-Match": etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
    for (const path of ["/notes.txt", "/..%2fpackage.json", "/favicon.ico"]) {
      assert.equal((await rig.get(path)).status, 404, path);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a page that was not built is said at the start", async () => {
  await assert.rejects(startRig({ server: { staticFiles: "/nonexistent/web" } }), StorageError);
  const empty = mkdtempSync(join(tmpdir(), "sightline-web-"));
  try {
    await assert.rejects(startRig({ server: { staticFiles: empty } }), /no index\.html in/);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
