import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../src/core/errors.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { startRig } from "./http-rig.ts";

const inheritor = fileURLToPath(new URL("../support/inherited-socket-main.js", import.meta.url));

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

/** Starts inherited-socket-main.ts as systemd does, at the first connection to a new Unix socket. */
async function activate(socket: string): Promise<ChildProcess> {
  const child = spawn("systemd-socket-activate", [`--listen=${socket}`, process.execPath, inheritor]);
  after(() => void child.kill("SIGKILL"));
  await until(() => existsSync(socket), "the socket");
  return child;
}

/** Hands it a TCP port that was listened on here. */
async function bequeath(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$1"';
  // Node shows the descriptor nowhere else.
  const { fd } = (listener as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const stdio = ["ignore", "ignore", "inherit", fd] as const;
  const child = spawn("sh", ["-c", script, process.execPath, inheritor], { stdio: [...stdio] });
  after(() => void child.kill("SIGKILL"));
  listener.close();
  return { child, port };
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGTERM");
  assert.deepEqual(await closed, [0, null]);
}

describe("sockets that the process was started with", () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-inherited-"));
  after(() => rmSync(directory, { recursive: true }));
  const forwarded = { "X-Forwarded-For": "203.0.113.1", "X-Forwarded-Proto": "https" };

  it(
    "are a proxy's where they are Unix sockets, as our own, and stay",
    needing("systemd-socket-activate"),
    async () => {
      const socket = join(directory, "http.sock");
      const child = await activate(socket);
      const local = { isEncrypted: false, remoteAddress: "local", port: 0 };
      assert.deepEqual(JSON.parse((await ask(socket, "/echo")).body), local);
      const original = { isEncrypted: true, remoteAddress: "203.0.113.1", port: 0 };
      assert.deepEqual(JSON.parse((await ask(socket, "/echo", forwarded)).body), original);
      const several = [2, 3, 4, 5, 6, 7].map((n) => ask(socket, "/echo", { "X-Forwarded-For": `203.0.113.${n}` }));
      for (const { status, body } of await Promise.all(several)) assert.equal(status, 200, body);
      await end(child);
      assert.ok(existsSync(socket), "it is not ours to remove");
    },
  );

  it("are anybody's where they are TCP ports", async () => {
    const { child, port } = await bequeath();
    const response = await fetch(`http://127.0.0.1:${port}/echo`, { headers: forwarded });
    assert.deepEqual(await response.json(), { isEncrypted: false, remoteAddress: "127.0.0.1", port });
    await end(child);
  });

  it("are sockets, or the start fails in words", async () => {
    await assert.rejects(
      startRig({ server: { inherited: { http: 999 } } }),
      /descriptor 999, .*, is no socket to listen on/,
    );
  });

  it("are of use, or the start fails in words", async () => {
    await assert.rejects(
      startRig({ server: { inherited: { https: 999 } } }),
      /^ConfigError: LISTEN_FDS: is 999, the socket with this descriptor is for HTTPS: server\.https\.cert is needed$/,
    );
  });
});
