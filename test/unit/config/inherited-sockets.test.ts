import assert from "node:assert/strict";
import { test } from "node:test";
import { readInheritedSockets } from "../../../src/config/inherited-sockets.ts";

const of = (env: NodeJS.ProcessEnv) => readInheritedSockets(env, 42);

test("sockets of systemd are taken where they are meant for this process", () => {
  assert.deepEqual(of({}).sockets, {});
  assert.deepEqual(of({ LISTEN_PID: "41", LISTEN_FDS: "1" }).sockets, {});
  assert.deepEqual(of({ LISTEN_PID: "42", LISTEN_FDS: "1" }).sockets, { http: 3 });
  assert.deepEqual(of({ LISTEN_PID: "42", LISTEN_FDS: "1", LISTEN_FDNAMES: "sightline.socket" }).sockets, { http: 3 });
  assert.deepEqual(of({ LISTEN_PID: "42", LISTEN_FDS: "2", LISTEN_FDNAMES: "https:http" }).sockets, {
    https: 3,
    http: 4,
  });
  assert.deepEqual(of({ LISTEN_PID: "42", LISTEN_FDS: "nonsense" }), { sockets: {}, problems: [] });
});

test("two of one kind are a mistake", () => {
  const { problems } = of({ LISTEN_PID: "42", LISTEN_FDS: "2", LISTEN_FDNAMES: "a:b" });
  assert.deepEqual(problems, [{ key: "LISTEN_FDS", value: 2, allowed: "must have one socket for http at most" }]);
});
