import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { PasswordsBusyError, TooManyFailuresProblem } from "../../src/access/password-refusals.ts";
import { permissionsOf, type Principal } from "../../src/access/principal.ts";
import type { GuardPort, GuardRequest } from "../../src/outputs/http/guard-port.ts";
import { HttpProblem } from "../../src/protocol/http/problem.ts";
import type { HttpRoute, RouteAccess } from "../../src/protocol/http/route.ts";
import { ask, connectRaw, createCamera, exchange, readProblem, startRig, type Rig } from "./http-rig.ts";

const challenges = ['Digest realm="Sightline", nonce="n"', 'Basic realm="Sightline"'];
const people: Readonly<Record<string, Principal>> = {
  viewer: { name: "viewer", permissions: permissionsOf("viewer"), cameras: ["back"], means: "basic" },
  control: { name: "control", permissions: permissionsOf("control"), cameras: undefined, means: "basic" },
  admin: { name: "admin", permissions: permissionsOf("admin"), cameras: undefined, means: "bearer" },
};

/** Knows people by `Authorization: Test NAME`, a session by its cookie, and has three ways to refuse. */
function createGuard() {
  const seen: GuardRequest[] = [];
  const gone = new Set<string>();
  let change = (): void => {};
  const guard: GuardPort = {
    identify(request) {
      seen.push(request);
      const name = request.headers.authorization?.replace(/^Test /, "");
      if (name === "wrong") {
        throw new HttpProblem(401, "wrong", { headers: { "WWW-Authenticate": ["Digest stale=true"] } });
      }
      if (name === "tired") throw new TooManyFailuresProblem(7);
      if (name === "busy") throw new PasswordsBusyError();
      const session: Principal = {
        name: "anna",
        permissions: permissionsOf("admin"),
        cameras: undefined,
        means: "session",
        csrfToken: "the-token",
      };
      if (request.headers.cookie === "session=anna") return Promise.resolve(session);
      return Promise.resolve(name === undefined ? undefined : people[name]);
    },
    challenges: () => challenges,
    remainingMs: ({ name }) => (gone.has(name) ? 0 : Infinity),
    onChange(listener) {
      change = listener;
      return () => {};
    },
  };
  const revoke = (name: string): void => {
    gone.add(name);
    change();
  };
  return { guard, seen, revoke };
}

function door(path: string, access: RouteAccess, method: HttpRoute["method"] = "GET"): HttpRoute {
  return {
    method,
    path,
    access,
    summary: "for the test",
    response: { type: "application/json" },
    handle: ({ caller, remoteAddress, isEncrypted }) => ({
      body: { caller: caller?.name ?? null, remoteAddress, isEncrypted },
    }),
  };
}

const stream: HttpRoute = {
  ...door("/cameras/:id/stream", "view"),
  response: { type: "multipart/x-mixed-replace" },
  handle: ({ params }) => ({ takeOver: (response) => void response.write(`stream of ${params["id"]}`) }),
};

describe("who may come in", () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-login-"));
  writeFileSync(join(directory, "index.html"), "<!doctype html><head><title>the page</title></head>");
  writeFileSync(join(directory, "login.html"), "<!doctype html><head><title>log in</title></head>");
  after(() => rmSync(directory, { recursive: true }));
  const routes = [
    ...(["open", "known", "view", "snapshot", "control", "admin"] as const).map((access) =>
      door(`/test/${access}`, access),
    ),
    door("/test/change", "control", "POST"),
    door("/test/login", "open", "POST"),
    stream,
  ];

  async function start(server: Parameters<typeof startRig>[0] = {}) {
    const guard = createGuard();
    const cameras = ["front", "back"].map((id) => createCamera(id));
    for (const camera of cameras) camera.publish(`picture of ${camera.feed.id}`);
    const rig = await startRig({
      cameras,
      routes,
      ...server,
      server: { guard: guard.guard, staticFiles: directory, basePath: "/cam", ...server.server },
    });
    const as = (name: string, more: Record<string, string> = {}) => ({
      headers: { Authorization: `Test ${name}`, ...more },
    });
    return { ...guard, rig, as };
  }

  const table: Readonly<
    Record<RouteAccess, readonly [nobody: number, viewer: number, control: number, admin: number]>
  > = {
    open: [200, 200, 200, 200],
    known: [401, 200, 200, 200],
    view: [401, 200, 200, 200],
    snapshot: [401, 200, 200, 200],
    control: [401, 403, 200, 200],
    admin: [401, 403, 403, 200],
  };
  for (const [access, wanted] of Object.entries(table)) {
    it(`${access}: nobody, viewer, control, admin`, async () => {
      const { rig, as } = await start();
      const got = [(await rig.get(`/test/${access}`)).status];
      for (const name of Object.keys(people)) got.push((await rig.get(`/test/${access}`, as(name))).status);
      assert.deepEqual(got, wanted);
    });
  }

  it("nobody learns what there is: 401 for paths with and without a door, cameras, old names and wrong methods", async () => {
    const { rig } = await start();
    const paths = [
      "/nothing",
      "/api/cameras",
      "/cameras/front/stream",
      "/cameras/none/stream",
      "/stream",
      "/?action=stream",
    ];
    for (const path of [...paths, "/?action=stream_9", "/?action=command", "/snapshot.jpg", "/", "/test/change"]) {
      const response = await rig.get(path);
      assert.equal(response.status, 401, path);
      assert.equal((await readProblem(response))["detail"], "this needs a user name and a password, or a token", path);
    }
    assert.equal((await rig.get("/test/view", { method: "DELETE" })).status, 401);
    assert.equal(rig.server.stats.refusals.unauthorized, 12);
  });

  it("players are challenged, Digest first, Basic second, on a connection that stays open", async () => {
    const { rig } = await start();
    const client = await connectRaw(rig);
    client.send("GET /stream HTTP/1.1\r\nHost: x\r\nUser-Agent: Lavf/60\r\nAccept: */*\r\n\r\n");
    await client.received('"status":401');
    client.send("GET /stream HTTP/1.1\r\nHost: x\r\nAuthorization: Test viewer\r\n\r\n");
    await client.received("stream of back");
    client.socket.destroy();
    const answer = await client.ended();
    assert.match(
      answer,
      /WWW-Authenticate: Digest realm="Sightline", nonce="n"\r\nWWW-Authenticate: Basic realm="Sightline"\r\n/,
    );
  });

  it("wrong credentials get the guard's answer at closed doors; open doors do not ask", async () => {
    const { rig, as } = await start();
    const wrong = await ask(rig, "/test/view", as("wrong").headers);
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers.get("www-authenticate"), "Digest stale=true");
    const tired = await rig.get("/test/view", as("tired"));
    assert.deepEqual([tired.status, tired.headers.get("retry-after")], [429, "7"]);
    const busy = await rig.get("/nothing", as("busy"));
    assert.deepEqual([busy.status, busy.headers.get("retry-after")], [503, "3"]);
    for (const name of ["wrong", "tired", "busy"]) {
      const open = await rig.get("/test/open", as(name));
      assert.equal(open.status, 200, name);
      assert.equal(((await open.json()) as { caller: unknown }).caller, null);
      assert.equal((await rig.get("/healthz", as(name))).status, 200);
      assert.equal((await rig.get("/test/login", { method: "POST", ...as(name) })).status, 200);
    }
    const { failures, passwords } = rig.server.stats.refusals;
    assert.deepEqual([failures, passwords], [1, 1]);
  });

  it("people in browsers get the login page, at whatever address, and no window of the browser's", async () => {
    const { rig, as } = await start();
    for (const path of ["/", "/nothing", "/cameras/front/stream", "/index.html"]) {
      for (const headers of [
        { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
        { Accept: "text/html", "Sec-Fetch-Mode": "navigate" },
        { Accept: "text/html", ...as("wrong").headers },
      ]) {
        const response = await ask(rig, path, headers);
        assert.equal(response.status, 401, path);
        assert.equal(response.headers.get("www-authenticate"), null);
        assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
        assert.equal(response.headers.get("cache-control"), "no-store");
        assert.match(
          response.headers.get("content-security-policy") ?? "",
          /default-src 'self'.*frame-ancestors 'self'$/,
        );
        assert.match(await response.text(), /<head><base href="\/cam\/"><title>log in/);
      }
    }
    const scripts = { Accept: "*/*", "User-Agent": "Mozilla/5.0", "Accept-Language": "en" };
    for (const headers of [
      { "Sec-Fetch-Mode": "cors", Accept: "text/html" },
      { "Sec-Fetch-Mode": "no-cors" },
      scripts,
    ]) {
      const response = await ask(rig, "/test/view", headers);
      assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, null]);
      await readProblem(response);
    }
    assert.equal((await rig.get("/login.html")).status, 200);
    assert.match(await (await rig.get("/", as("viewer"))).text(), /the page/);
  });

  it("a camera that is not theirs is as one that does not exist", async () => {
    const { rig, as } = await start();
    const details = [];
    for (const id of ["front", "none"]) {
      const response = await rig.get(`/cameras/${id}/snapshot.jpg`, as("viewer"));
      assert.equal(response.status, 404);
      details.push(String((await readProblem(response))["detail"]).replace(id, "ID"));
    }
    assert.equal(details[0], details[1]);
    assert.equal((await rig.get("/api/cameras/front", { method: "PATCH", ...as("viewer") })).status, 403);
    assert.equal((await rig.get("/api/cameras/none", { method: "PATCH", ...as("viewer") })).status, 403);
    assert.equal(await (await rig.get("/snapshot.jpg", as("viewer"))).text(), "picture of back");
    assert.equal(await (await rig.get("/?action=snapshot_0", as("viewer"))).text(), "picture of back");
    assert.equal((await rig.get("/?action=snapshot_1", as("viewer"))).status, 404);
    assert.equal(await (await rig.get("/snapshot.jpg", as("control"))).text(), "picture of front");
    const nowhere = await rig.get("/nothing", as("viewer"));
    assert.equal(nowhere.status, 404);
  });

  it("lists, states and metrics are of the caller's cameras; nobody hears a word only", async () => {
    const { rig, as } = await start();
    const list = async (name: string) =>
      ((await (await rig.get("/api/cameras", as(name))).json()) as { cameras: { id: string }[] }).cameras.map(
        ({ id }) => id,
      );
    assert.deepEqual([await list("viewer"), await list("control")], [["back"], ["front", "back"]]);
    const state = (await (await rig.get("/state", as("viewer"))).json()) as { result: { instance_id: string } };
    assert.equal(state.result.instance_id, "back");
    assert.equal((await rig.get("/metrics", as("viewer"))).status, 403);
    assert.equal((await rig.get("/metrics", as("control"))).status, 200);
    assert.equal(await (await rig.get("/readyz")).text(), "ready\n");
    assert.deepEqual(await (await rig.get("/readyz", as("viewer"))).json(), {
      cameras: [{ id: "back", state: "live", reason: "as told" }],
    });
    const lost = await startRig({
      cameras: [createCamera("shed", "lost", "it was unplugged")],
      server: { guard: createGuard().guard },
    });
    const answer = await lost.get("/readyz");
    assert.deepEqual([answer.status, await answer.text()], [503, "not ready\n"]);
  });

  it("a change in a session needs its token; reading does not, nor does whoever shows credentials", async () => {
    const { rig, as } = await start();
    const change = (headers: Record<string, string>) => rig.get("/test/change", { method: "POST", headers });
    const cookie = { Cookie: "session=anna" };
    assert.equal((await change({ ...cookie, "X-CSRF-Token": "the-token" })).status, 200);
    for (const token of ["", "the-tokem", "the-token-and-more", "THE-TOKEN"]) {
      assert.equal((await change({ ...cookie, ...(token && { "X-CSRF-Token": token }) })).status, 403, token);
    }
    assert.equal((await rig.get("/test/admin", { headers: cookie })).status, 200);
    assert.equal((await change(as("control").headers)).status, 200);
    assert.equal((await change({ "X-CSRF-Token": "the-token" })).status, 401);
    assert.equal((await rig.get("/test/login", { method: "POST", headers: cookie })).status, 200, "an old session");
    assert.equal(rig.server.stats.refusals.csrf, 4);
  });

  it("the guard sees the request as the client sent it, and the address behind the proxy", async () => {
    const { rig, seen } = await start({ server: { trustedProxies: ["127.0.0.0/8"] } });
    const headers = { "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost" };
    const response = await rig.get("/cam/test/open?a=1&b=2", { headers });
    assert.deepEqual(await response.json(), { caller: null, remoteAddress: "203.0.113.9", isEncrypted: true });
    const { method, target, path, query, address, isEncrypted } = seen[0] ?? {};
    assert.deepEqual(
      { method, target, path, query: String(query), address, isEncrypted },
      {
        method: "GET",
        target: "/cam/test/open?a=1&b=2",
        path: "/test/open",
        query: "a=1&b=2",
        address: "203.0.113.9",
        isEncrypted: true,
      },
    );
    assert.ok(response.headers.get("cross-origin-opener-policy"));
  });

  it("what a user watches ends when the user is removed, and nobody else's", async () => {
    const { rig, revoke } = await start();
    const watch = async (name: string) => {
      const client = await connectRaw(rig);
      client.send(`GET /cameras/back/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Test ${name}\r\n\r\n`);
      await client.received("stream of back");
      return client;
    };
    const [viewer, control] = [await watch("viewer"), await watch("control")];
    revoke("viewer");
    await viewer.ended();
    assert.equal(control.socket.closed, false);
    control.socket.destroy();
  });

  it("streams are limited in all and per user; HEAD is no stream", async () => {
    const limits = { connections: 100, perAddress: 100, reserved: 4, streams: 3, streamsPerUser: 2 };
    const { rig, as } = await start({ server: { limits } });
    const watch = async (name: string) => {
      const client = await connectRaw(rig);
      client.send(`GET /cameras/back/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Test ${name}\r\n\r\n`);
      await client.received("stream of back");
      return client;
    };
    const first = [await watch("viewer"), await watch("viewer")];
    const third = await rig.get("/cameras/back/stream", as("viewer"));
    assert.deepEqual([third.status, third.headers.get("retry-after")], [429, "5"]);
    await watch("admin");
    assert.equal((await rig.get("/cameras/back/stream", as("control"))).status, 503);
    assert.equal((await rig.get("/cameras/back/stream", { method: "HEAD", ...as("control") })).status, 200);
    first[0]?.socket.destroy();
    await watchUntilFree(rig, as("control"));
  });

  async function watchUntilFree(rig: Rig, init: RequestInit): Promise<void> {
    for (;;) {
      const response = await rig.get("/cameras/back/stream", init);
      void response.body?.cancel();
      if (response.status === 200) return;
    }
  }

  it("credentials in an answer to nobody are not repeated", async () => {
    const { rig } = await start();
    const answer = await exchange(
      rig,
      "GET /cam/nothing?signature=SECRET1 HTTP/1.1\r\nHost: x\r\nAuthorization: Test SECRET2\r\nCookie: SECRET3\r\nConnection: close\r\n\r\n",
    );
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.doesNotMatch(answer, /SECRET/);
  });
});
