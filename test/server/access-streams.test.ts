import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { Access, openAccounts } from "../../src/access/access.ts";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { createAccessRoutes } from "../../src/outputs/access/access-routes.ts";
import { computeDigestResponse, formatDigestAuthorization } from "../../src/protocol/http/digest.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { JumpingClock } from "../unit/access/access-rig.ts";
import { connectRaw, createCamera, startRig, type RawClient } from "./http-rig.ts";

type Headers = Readonly<Record<string, string>>;

const path = "/cameras/front/stream";
const auth = { mode: "password", users: [] } as const;
const stream: HttpRoute = {
  method: "GET",
  path: "/cameras/:id/stream",
  access: "view",
  summary: "",
  response: { type: "multipart/x-mixed-replace" },
  handle: () => ({ takeOver: (response) => void response.write("a picture") }),
};

/** A server with accounts and a clock that the test moves, and anna, who watches. */
async function start() {
  const directory = mkdtempSync(join(tmpdir(), "sightline-streams-"));
  const [clock, log, store] = [new JumpingClock(), silentLog, memoryStore()];
  const cost = { logCost: 10, blockSize: 1, parallel: 1 };
  const access = new Access({ auth, directory, basePath: "/", clock, log, store, cost });
  await access.start();
  after(async () => {
    await access.stop();
    rmSync(directory, { recursive: true });
  });
  await access.users.add({ name: "anna", password: "anna's words", role: "control" });
  const clients: RawClient[] = [];
  // The server waits for them by a clock that stands still.
  after(() => clients.forEach(({ socket }) => socket.destroy()));
  const routes = [...createAccessRoutes({ access, basePath: "/", clock }), stream];
  const rig = await startRig({ cameras: [createCamera("front")], routes, server: { guard: access.gatekeeper, clock } });
  const watch = async (who: Headers, at = path): Promise<RawClient> => {
    const client = await connectRaw(rig);
    clients.push(client);
    const lines = Object.entries({ Host: "x", ...who }).map(([name, value]) => `${name}: ${value}\r\n`);
    client.send(`GET ${at} HTTP/1.1\r\n${lines.join("")}\r\n`);
    await client.received("a picture");
    return client;
  };
  const ask = async (method: string, at: string, who: Headers, body?: object): Promise<Record<string, string>> => {
    const headers = { ...who, ...(body ? { "Content-Type": "application/json" } : {}) };
    const response = await fetch(rig.url + at, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.equal(response.status, 200, `${method} ${at}`);
    const [cookie] = response.headers.getSetCookie();
    return { ...((await response.json()) as object), ...(cookie ? { cookie: cookie.split(";")[0] ?? "" } : {}) };
  };
  const logIn = async (): Promise<Headers> => {
    const { cookie = "", csrfToken = "" } = await ask(
      "POST",
      "/api/session",
      {},
      { name: "anna", password: "anna's words" },
    );
    return { Cookie: cookie, "X-CSRF-Token": csrfToken };
  };
  const sign = async (who: Headers, expiresInSeconds = 3_600): Promise<string> =>
    (await ask("POST", "/api/signed-urls", who, { path, expiresInSeconds }))["url"] ?? assert.fail();
  const lend = async (more: object = {}) => {
    const body = { name: "t", permissions: ["view", "snapshot"], ...more };
    const { token, id } = await ask("POST", "/api/tokens", basic("anna's words"), body);
    return { id, who: { Authorization: `Bearer ${token}` } };
  };
  return { access, clock, directory, rig, watch, ask, logIn, sign, lend };
}

const basic = (password: string): Headers => ({ Authorization: formatBasicAuthorization({ name: "anna", password }) });

/** These have ended, and those have not. */
async function endedAlone(ended: readonly RawClient[], others: readonly RawClient[]): Promise<void> {
  await Promise.all(ended.map((client) => client.ended()));
  assert.deepEqual(
    others.map(({ socket }) => socket.closed || socket.readableEnded),
    others.map(() => false),
  );
}

describe("a live stream", () => {
  it("ends with the logout of its session, and no other", async () => {
    const { watch, ask, logIn, sign } = await start();
    const [one, other] = [await logIn(), await logIn()];
    const ended = [await watch(one), await watch(one)];
    const others = [await watch(other), await watch(basic("anna's words")), await watch({}, await sign(one))];
    await ask("DELETE", "/api/session", one);
    await endedAlone(ended, others);
  });

  it("ends with its token, and so do those of the addresses that this one signed", async () => {
    const { watch, ask, sign, lend, rig } = await start();
    const [one, other] = [await lend(), await lend()];
    const address = await sign(one.who);
    const ended = [await watch(one.who), await watch({}, address)];
    const others = [await watch(other.who), await watch({}, await sign(other.who)), await watch(basic("anna's words"))];
    await ask("DELETE", `/api/tokens/${one.id}`, basic("anna's words"));
    await endedAlone(ended, others);
    assert.equal((await rig.get(address)).status, 401);
  });

  it("ends with its device password, renewed or taken away, and so do those of the addresses signed with it", async () => {
    const { access, watch, ask, sign, rig } = await start();
    const device = "/api/users/anna/device-password";
    const login = basic("anna's words");
    for (const change of [() => ask("POST", device, login, { regenerate: true }), () => ask("DELETE", device, login)]) {
      const { password = "" } = await ask("POST", device, login, {});
      const address = await sign(basic(password));
      const digest = { Authorization: digestHeader(access, password) };
      const ended = [await watch(basic(password)), await watch(digest), await watch({}, address)];
      const others = [await watch(login), await watch({}, await sign(login))];
      await change();
      await endedAlone(ended, others);
      assert.equal((await rig.get(address)).status, 401);
    }
  });

  it("ends when session, token or signed address expire, half a minute later at most", async () => {
    const { clock, watch, logIn, sign, lend } = await start();
    const [login, forEver] = [basic("anna's words"), await lend()];
    const minute = [await watch({}, await sign(login, 60)), await watch((await lend({ expiresInSeconds: 60 })).who)];
    const twoMinutes = [await watch({}, await sign(login, 120))];
    const month = [await watch(await logIn())];
    const others = [await watch(login), await watch(forEver.who)];
    await clock.advance(90_000);
    await endedAlone([], [...minute, ...twoMinutes, ...month, ...others]);
    await clock.advance(1_000);
    await endedAlone(minute, [...twoMinutes, ...month, ...others]);
    await clock.advance(60_000);
    await endedAlone(twoMinutes, [...month, ...others]);
    clock.jumpMs = 30 * 86_400_000; // as when a board learns the time
    await clock.advance(60_000);
    await endedAlone(month, others);
  });

  it("of a token that ends signs nothing that outlasts it", async () => {
    const { clock, watch, sign, lend } = await start();
    const { who } = await lend({ expiresInSeconds: 60 });
    const address = await sign(who, 3_600);
    const query = new URLSearchParams(address.split("?")[1]);
    assert.equal(Number(query.get("expires")), Math.floor(clock.wallMs() / 1000) + 60);
    const client = await watch({}, address);
    await clock.advance(91_000);
    await client.ended();
  });

  it("ends when a command changes what opened it", async () => {
    const { clock, directory, watch } = await start();
    const { users } = await openAccounts({ auth, directory, clock: systemClock, log: silentLog });
    const password = await users.makeDevicePassword("anna");
    const client = await watch(basic(password));
    const other = await watch(basic("anna's words"));
    await users.removeDevicePassword("anna");
    await clock.advance(2_000);
    await endedAlone([client], [other]);
  });
});

function digestHeader(access: Access, password: string): string {
  const challenge = access.gatekeeper.challenges({}).find((line) => line.startsWith("Digest ")) ?? assert.fail();
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? assert.fail();
  const quality = { clientNonce: "abc", nonceCount: 1 };
  const wanted = { usernameBytes: "anna", realm: "Sightline", nonce, uri: path, quality };
  const response = computeDigestResponse(wanted, "GET", password);
  return formatDigestAuthorization({ ...wanted, username: "anna", response });
}
