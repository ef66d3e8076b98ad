import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { cleanEnvironment, sightlineProgram } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";

describe("socket activation", { ...needing("systemd-socket-activate", "curl"), timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-activation-"));
  after(() => rmSync(directory, { recursive: true }));

  it("starts the program at the first connection, which is answered, and tells what only a proxy can open", async () => {
    const socket = join(directory, "http.sock");
    const flags = [
      "--data-dir",
      join(directory, "data"),
      "--set",
      "server.basePath=/cam",
      "--set",
      "mdns.enabled=false",
    ];
    const program = [process.execPath, sightlineProgram(), "serve", ...flags];
    const child = spawn("systemd-socket-activate", [`--listen=${socket}`, ...program], {
      cwd: directory,
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    after(() => void child.kill("SIGKILL"));
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ask = async (...args: string[]) =>
      (await runTool("curl", ["--silent", "--unix-socket", socket, ...args])).toString();
    await until(() => existsSync(socket), "the socket");
    assert.equal(await ask("http://localhost/cam/healthz"), "ok\n");
    await until(() => /^Put this behind the address that your proxy has/m.test(said), "the login link");
    const [, token] = /^Log in once, within 15 minutes: \/cam\/#link=([\w-]{43})$/m.exec(said) ?? [];
    assert.match(said, /watch at the Unix socket that we were started with/);
    const body = JSON.stringify({ loginLink: token });
    const headers = ["Content-Type: application/json", "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9"];
    const login = ["--include", "--data", body, ...headers.flatMap((header) => ["--header", header])];
    assert.match(await ask(...login, "http://localhost/cam/api/session"), /^set-cookie: __Secure-\S+; .*Secure\r$/im);
    const closed = once(child, "close");
    child.kill("SIGTERM");
    assert.deepEqual(await closed, [0, null]);
    assert.ok(existsSync(socket), "it is systemd's");
  });
});
