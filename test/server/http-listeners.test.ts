import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { startRig } from "./http-rig.ts";

const echo: HttpRoute = {
  method: "GET",
  path: "/echo",
  access: "view",
  summary: "Tells what it was asked",
  response: { type: "application/json" },
  handle: ({ isEncrypted, remoteAddress }) => ({ body: { isEncrypted, remoteAddress } }),
};

function ask(
  socketPath: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers: { Host: "localhost", ...headers }, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

describe("a Unix socket", () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-socket-"));
  after(() => rmSync(directory, { recursive: true }));

  it("is for its owner and group, believes what proxies say, has no limit per address, and goes at the end", async () => {
    const socket = join(directory, "http.sock");
    const limits = { connections: 10, perAddress: 1, reserved: 2 };
    const rig = await startRig({ routes: [echo], server: { socket, limits } });
    assert.equal(statSync(socket).mode & 0o777, 0o660);
    assert.equal(rig.server.port(), 0);
    assert.deepEqual(JSON.parse((await ask(socket, "/echo")).body), { isEncrypted: false, remoteAddress: "local" });
    const forwarded = { "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https" };
    assert.deepEqual(JSON.parse((await ask(socket, "/echo", forwarded)).body), {
      isEncrypted: true,
      remoteAddress: "203.0.113.9",
    });
    assert.equal((await ask(socket, "/echo", { Host: "evil.example" })).status, 421);
    const several = await Promise.all(
      [1, 2, 3, 4].map((n) => ask(socket, "/echo", { "X-Forwarded-For": `203.0.113.${n}` })),
    );
    assert.deepEqual(
      several.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    await rig.server.stop();
    assert.equal(existsSync(socket), false);
  });

  it("takes the place of one that was left behind, and of nothing else", async () => {
    const socket = join(directory, "left.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, "SIGKILL"))`;
    const child = spawn(process.execPath, ["-e", script]);
    await new Promise((resolve) => child.once("close", resolve));
    assert.ok(existsSync(socket));
    const rig = await startRig({ routes: [echo], server: { socket } });
    assert.equal((await ask(socket, "/echo")).status, 200);
    await assert.rejects(startRig({ server: { socket } }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^server\.socket: .* is in use by another program, or is no socket$/);
      return true;
    });
    assert.equal((await ask(socket, "/echo")).status, 200);
    await rig.server.stop();
    const file = join(directory, "file");
    writeFileSync(file, "precious");
    await assert.rejects(startRig({ server: { socket: file } }), ConfigError);
    assert.equal(statSync(file).size, 8);
    await assert.rejects(
      startRig({ server: { socket: join(directory, "no", "folder") } }),
      /no permission, or its folder does not exist/,
    );
  });
});

describe("sockets that the process was started with", () => {
  it("are sockets, or the start fails in words", async () => {
    await assert.rejects(
      startRig({ server: { inherited: { http: 999 } } }),
      /descriptor 999, .*, is no socket to listen on/,
    );
  });
});
