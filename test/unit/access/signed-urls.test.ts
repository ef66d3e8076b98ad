import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cameraOfPath } from "../../../src/access/signed-urls.ts";
import { startAccess } from "./access-rig.ts";

const path = "/cameras/front-door/stream";

async function rig() {
  const { access, clock } = await startAccess();
  await access.users.add({ name: "anna", password: "long enough 1", role: "viewer" });
  const anna = access.users.find("anna") ?? assert.fail();
  const expires = Math.floor(clock.wallMs() / 1000) + 3600;
  const query = access.signedUrls.sign(path, anna, expires);
  const verify = (text: string, at = path, method = "GET") =>
    access.signedUrls.verify(method, at, new URLSearchParams(text));
  return { access, clock, anna, expires, query, verify };
}

describe("signed addresses", () => {
  it("let GET and HEAD of their path in, whatever else is in the query", async () => {
    const { verify, query } = await rig();
    assert.equal(verify(query)?.user.name, "anna");
    assert.equal(verify(query)?.cameraId, "front-door");
    assert.ok(verify(query, path, "HEAD"));
    assert.ok(verify(`fps=5&${query}&x=1`));
  });

  it("let nothing else in", async () => {
    const { verify, query, expires } = await rig();
    for (const other of [
      "/cameras/back/stream",
      "/cameras/front-door/snapshot.jpg",
      `${path}/`,
      "/stream",
      "/api/users",
      "/",
    ]) {
      assert.equal(verify(query, other), undefined, other);
    }
    for (const method of ["POST", "PATCH", "DELETE", "get", ""]) assert.equal(verify(query, path, method), undefined);
    for (const key of ["expires", "user", "signature"]) {
      const missing = new URLSearchParams(query);
      missing.delete(key);
      assert.equal(verify(missing.toString()), undefined, key);
      const twice = new URLSearchParams(query);
      twice.append(key, twice.get(key) ?? "");
      assert.equal(verify(twice.toString()), undefined, key);
    }
    assert.equal(verify(query.replace(String(expires), String(expires + 1))), undefined);
    assert.equal(verify(query.replace(String(expires), `0${expires}`)), undefined);
    assert.equal(verify(query.replace("anna", "admin")), undefined);
    assert.equal(verify(query.replace("anna", "nobody")), undefined);
  });

  it("with any character of any value changed are refused", async () => {
    const { verify, query } = await rig();
    const values = [...new URLSearchParams(query)];
    for (const [key, value] of values) {
      for (let at = 0; at < value.length; at += 1) {
        for (const other of ["A", "B", "9", "\n", ""]) {
          const changed = value.slice(0, at) + other + value.slice(at + 1);
          if (changed === value) continue;
          const forged = new URLSearchParams(query);
          forged.set(key, changed);
          assert.equal(verify(forged.toString()), undefined, `${key}=${changed}`);
        }
      }
    }
  });

  it("any query and path are read or refused", async () => {
    const { access } = await rig();
    const pair = fc.tuple(fc.constantFrom("expires", "user", "signature", "x"), fc.string());
    fc.assert(
      fc.property(fc.array(pair), fc.string(), (pairs, at) => {
        assert.equal(access.signedUrls.verify("GET", at, new URLSearchParams(pairs)), undefined);
        assert.equal(access.signedUrls.verify("GET", path, new URLSearchParams(pairs)), undefined);
      }),
    );
  });

  it("end 30 seconds after their time, and not when the clock jumps back", async () => {
    const { verify, query, clock } = await rig();
    clock.jumpMs = 3_630_000;
    assert.ok(verify(query));
    clock.jumpMs += 1_000;
    assert.equal(verify(query), undefined);
    clock.jumpMs = 1 - clock.wallMs() + clock.jumpMs;
    assert.ok(verify(query));
  });

  it("end with the user's password and with the user", async () => {
    const { access, verify, query } = await rig();
    await access.users.change("anna", { role: "control" });
    assert.ok(verify(query));
    await access.users.change("anna", { password: "long enough 2" });
    assert.equal(verify(query), undefined);
    await access.users.remove("anna");
    assert.equal(verify(query), undefined);
  });

  it("are for paths of cameras that can be read in one way", async () => {
    const { access, anna } = await rig();
    for (const [good, id] of [
      ["/cameras/a/stream", "a"],
      ["/cameras/a-1/snapshot.jpg", "a-1"],
      ["/cameras/a/hls/index.m3u8", "a"],
    ] as const) {
      assert.equal(cameraOfPath(good), id);
    }
    for (const bad of [
      "",
      "/",
      "/cameras",
      "/cameras/",
      "/cameras/a",
      "/cameras/a/",
      "/cameras/A/stream",
      "/cameras/a/../b/stream",
      "/cameras/a/%2e%2e/b",
      "/cameras/a//stream",
      "/cameras/a/.",
      "/cameras/a/stream\n",
      "/api/cameras/a/controls",
      "//cameras/a/stream",
      `/cameras/a/${"x".repeat(600)}`,
    ]) {
      assert.equal(cameraOfPath(bad), undefined, bad);
      assert.throws(() => access.signedUrls.sign(bad, anna, 1), { name: "ProtocolError", status: 422 });
    }
  });
});
