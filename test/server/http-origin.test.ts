import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { createCamera, startRig } from "./http-rig.ts";

const change: HttpRoute = {
  method: "POST",
  path: "/change",
  access: "control",
  summary: "Changes something",
  response: { type: "application/json" },
  handle: () => ({ body: { changed: true } }),
};
const read: HttpRoute = { ...change, method: "GET", path: "/read" };
const routes = [change, read];

describe("pages of other origins, with CORS off", () => {
  it("change nothing, and do not even learn what may be asked", async () => {
    const rig = await startRig({ routes });
    const own = rig.url;
    for (const [origin, status] of [
      [own, 200],
      ["http://evil.example", 403],
      ["null", 403],
      [own.replace(/\d+$/, "1"), 403],
      [`${own}.evil.example`, 403],
      ["http://localhost", 403],
    ] as const) {
      const response = await rig.get("/change", { method: "POST", headers: { Origin: origin } });
      assert.equal(response.status, status, origin);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      const preflight = await rig.get("/change", {
        method: "OPTIONS",
        headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
      });
      assert.equal(preflight.status, 403, origin);
      assert.equal(preflight.headers.get("access-control-allow-methods"), null);
    }
    assert.equal((await rig.get("/change", { method: "POST" })).status, 200);
    assert.equal(rig.server.stats.refusals.origin, 11);
  });

  it("read nothing: no answer allows it, and only pictures may be embedded", async () => {
    const camera = createCamera("front");
    camera.publish();
    const rig = await startRig({ cameras: [camera], routes });
    for (const [path, policy] of [
      ["/read", "same-origin"],
      ["/nothing", "same-origin"],
      ["/snapshot.jpg", "cross-origin"],
    ] as const) {
      const response = await rig.get(path, { headers: { Origin: "http://evil.example" } });
      assert.equal(response.headers.get("access-control-allow-origin"), null, path);
      assert.equal(response.headers.get("cross-origin-resource-policy"), policy, path);
      assert.equal(response.headers.get("vary"), null);
      assert.equal(response.headers.get("x-frame-options"), path === "/snapshot.jpg" ? null : "SAMEORIGIN");
    }
  });

  it("open no WebSocket", async () => {
    const rig = await startRig({ routes });
    // fetch may not say Upgrade
    const { request } = await import("node:http");
    for (const [origin, status] of [
      ["http://evil.example", 403],
      [rig.url, 200],
    ] as const) {
      const got = await new Promise((resolve, reject) => {
        const headers = { Connection: "Upgrade", Upgrade: "websocket", Origin: origin };
        request(`${rig.url}/read`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
      assert.equal(got, status, origin);
    }
  });
});

describe("CORS", () => {
  const origin = "https://dash.example.org";

  it("lets listed origins read and change, with credentials", async () => {
    const rig = await startRig({ routes, server: { corsOrigins: [origin] } });
    for (const [path, method, status] of [
      ["/read", "GET", 200],
      ["/change", "POST", 200],
      ["/nothing", "GET", 404],
    ] as const) {
      const { headers, status: got } = await rig.get(path, { method, headers: { Origin: origin } });
      assert.equal(got, status);
      assert.equal(headers.get("access-control-allow-origin"), origin);
      assert.equal(headers.get("access-control-allow-credentials"), "true");
      assert.match(headers.get("vary") ?? "", /Origin/);
      assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
    }
    const other = await rig.get("/read", { headers: { Origin: "https://evil.example" } });
    assert.equal(other.headers.get("access-control-allow-origin"), null);
    assert.match(other.headers.get("vary") ?? "", /Origin/);
    assert.equal(
      (await rig.get("/change", { method: "POST", headers: { Origin: "https://evil.example" } })).status,
      403,
    );
  });

  it("answers preflights before it asks who is there", async () => {
    const refuse = { identify: () => Promise.resolve(undefined), challenges: () => [] };
    const rig = await startRig({ routes, server: { corsOrigins: [origin], guard: refuse } });
    const headers = {
      Origin: origin,
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "authorization",
      "Access-Control-Request-Private-Network": "true",
    };
    const preflight = await rig.get("/change", { method: "OPTIONS", headers });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-methods") ?? "", /PATCH/);
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Authorization.*X-CSRF-Token/);
    assert.equal(preflight.headers.get("access-control-allow-private-network"), "true");
    assert.equal((await rig.get("/change", { method: "POST", headers: { Origin: origin } })).status, 401);
    assert.equal((await rig.get("/change", { method: "OPTIONS" })).status, 401);
  });

  it("* lets everybody read what needs no credentials, and change nothing", async () => {
    const rig = await startRig({ routes, server: { corsOrigins: ["*"] } });
    const response = await rig.get("/read", { headers: { Origin: "http://evil.example" } });
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
    assert.equal(
      (await rig.get("/change", { method: "POST", headers: { Origin: "http://evil.example" } })).status,
      403,
    );
  });
});

describe("a base path", () => {
  it("is taken off where it is, and not missed where a proxy did so", async () => {
    const rig = await startRig({ routes, server: { basePath: "/my/camera" } });
    for (const path of ["/read", "/my/camera/read", "/my/camera/read?x=1", "/my/camera/healthz", "/healthz"]) {
      assert.equal((await rig.get(path)).status, 200, path);
    }
    for (const path of ["/my/cameraread", "/my/read", "/my/camera/../read%2f", "/my/camera/my/camera/read"]) {
      assert.equal((await rig.get(path)).status, 404, path);
    }
    const bare = await rig.get("/my/camera?a=b", { redirect: "manual" });
    assert.deepEqual([bare.status, bare.headers.get("location")], [308, "/my/camera/?a=b"]);
    const problem = (await (await rig.get("/my/camera/nothing")).json()) as { instance: string };
    assert.equal(problem.instance, "/my/camera/nothing");
  });
});

describe("headers that every answer has", () => {
  it("errors and streams too", async () => {
    const stream: HttpRoute = {
      ...read,
      path: "/stream-of-it",
      response: { type: "multipart/x-mixed-replace" },
      handle: () => ({ takeOver: (response) => void response.end("x") }),
    };
    const rig = await startRig({ routes: [...routes, stream] });
    for (const path of ["/read", "/nothing", "/healthz", "/stream-of-it"]) {
      const { headers } = await rig.get(path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("referrer-policy"), "same-origin", path);
      assert.match(headers.get("permissions-policy") ?? "", /camera=\(\)/, path);
      assert.equal(headers.get("server"), null);
      assert.equal(headers.get("x-powered-by"), null);
      const policy = path === "/stream-of-it" ? null : "default-src 'none'; frame-ancestors 'self'";
      assert.equal(headers.get("content-security-policy"), policy, path);
    }
  });
});
