import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Server } from "node:net";
import { test } from "node:test";
import { ConfigError, UnavailableError } from "../../../../src/core/errors.ts";
import { listen } from "../../../../src/outputs/http/listen.ts";

/** A listener on a machine where `fails` says which host cannot be had, and why. */
function createListener(fails: Readonly<Record<string, string>>): { server: Server; hosts: string[] } {
  const hosts: string[] = [];
  const server = Object.assign(new EventEmitter(), {
    listen({ host }: { host: string }, listening: () => void) {
      hosts.push(host);
      const code = fails[host];
      if (code === undefined) process.nextTick(listening);
      else process.nextTick(() => server.emit("error", Object.assign(new Error(`listen ${code}`), { code })));
    },
    address: () => ({ port: 4711 }),
  });
  return { server: server as unknown as Server, hosts };
}

test("a machine without IPv6 listens on all its IPv4 addresses instead", async () => {
  for (const code of ["EAFNOSUPPORT", "EADDRNOTAVAIL"]) {
    const { server, hosts } = createListener({ "::": code });
    assert.equal(await listen(server, "::", 0), 4711);
    assert.deepEqual(hosts, ["::", "0.0.0.0"]);
    assert.equal(server.listenerCount("error"), 0);
  }
});

test("a port that is taken is not tried elsewhere", async () => {
  const { server, hosts } = createListener({ "::": "EADDRINUSE" });
  await assert.rejects(listen(server, "::", 8080), (error) => {
    assert.ok(error instanceof UnavailableError);
    assert.match(error.message, /^port 8080 is taken by another program .* with --port$/);
    return true;
  });
  assert.deepEqual(hosts, ["::"]);
});

test("an address or port that can never work is a mistake in the config", async () => {
  const table = [
    ["192.0.2.1", "EADDRNOTAVAIL", "server.host"],
    ["no-such-host", "ENOTFOUND", "server.host"],
    ["0.0.0.0", "EACCES", "server.port"],
  ] as const;
  for (const [host, code, key] of table) {
    const { server } = createListener({ [host]: code });
    await assert.rejects(listen(server, host, 80), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems[0]?.key, key);
      return true;
    });
  }
});

test("an error nobody foresaw is passed on", async () => {
  const { server } = createListener({ "::1": "EMFILE" });
  await assert.rejects(listen(server, "::1", 80), /listen EMFILE/);
});
