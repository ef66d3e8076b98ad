import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HttpProblem, toProblem } from "../../../src/protocol/http/problem.ts";
import { basic, digestHeader, requestFor } from "./access-rig.ts";
import { anna, carl, may, refused, root, startGatekeeper } from "./gatekeeper-rig.ts";

describe("the gatekeeper", () => {
  it("knows nobody without credentials, and everybody where nobody is asked", async () => {
    const { identify } = await startGatekeeper();
    assert.equal(await identify(requestFor("/")), undefined);
    const open = await startGatekeeper({ auth: { mode: "none", users: [anna] } });
    assert.equal((await open.identify(basic("anna", "wrong")))?.means, "open");
    assert.equal(may(await open.identify(requestFor("/"))), "view snapshot control admin");
  });

  it("refuses what it does not understand, with challenges", async () => {
    const { identify } = await startGatekeeper();
    for (const authorization of [
      "",
      "Basic",
      "Negotiate abc",
      "Bearer",
      "Bearer ",
      "Digest x",
      "Basic ====",
      "\u0000",
      "basic",
    ]) {
      const { headers } = await refused(identify(requestFor("/", { headers: { authorization } })));
      assert.ok(Array.isArray(headers["WWW-Authenticate"]), authorization);
    }
  });

  it("any headers, query and path: somebody, nobody or a refusal", async () => {
    const { identify } = await startGatekeeper();
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("Basic ", "Digest ", "Bearer ", "YTpi", "slt_", "username=", ",", '"'),
    );
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(""));
    await fc.assert(
      fc.asyncProperty(fc.option(text, { nil: undefined }), text, text, async (authorization, cookie, query) => {
        const headers = { cookie, ...(authorization === undefined ? {} : { authorization }) };
        const request = requestFor("/x", {
          headers,
          query: new URLSearchParams(query),
          address: fc.sample(fc.ipV4(), 1)[0] ?? "",
        });
        try {
          assert.equal(await identify(request), undefined);
        } catch (error) {
          assert.ok(error instanceof HttpProblem, String(error));
        }
      }),
      { numRuns: 60 },
    );
  });

  describe("Basic", () => {
    it("takes login passwords, by role and cameras", async () => {
      const { identify } = await startGatekeeper();
      const known = await identify(basic("anna", anna.password));
      assert.deepEqual(known?.cameras, ["front", "back"]);
      assert.equal(may(known), "view snapshot");
      assert.equal(may(await identify(basic("carl", carl.password))), "view snapshot control");
      assert.equal(may(await identify(basic("root", root.password))), "view snapshot control admin");
      assert.equal((await identify(basic("root", root.password)))?.byDevicePassword, undefined);
    });

    it("takes device passwords too, but they make no admin", async () => {
      const { identify, access } = await startGatekeeper();
      const known = await identify(basic("root", await access.users.makeDevicePassword("root")));
      assert.equal(may(known), "view snapshot control");
      assert.equal(known?.byDevicePassword, true);
    });

    it("refuses all else in the same words, and says nothing of what was sent", async () => {
      const { identify } = await startGatekeeper();
      const answers = [
        await refused(identify(basic("anna", "wrong words"))),
        await refused(identify(basic("nobody", "wrong words"))),
        await refused(identify(basic("anna", ""))),
        await refused(identify(basic("", ""))),
        await refused(identify(basic("anna", carl.password))),
        await refused(identify(basic("__proto__", "x"))),
      ];
      assert.deepEqual([...new Set(answers.map(({ message }) => message))], ["the name or the password is wrong"]);
      assert.ok(!JSON.stringify(answers).includes("words"));
    });

    it("checks a password once in five minutes, and at once again when the user changes", async () => {
      const { identify, access, clock } = await startGatekeeper();
      await access.users.add({ name: "file", password: "long enough 1", role: "viewer" });
      let checks = 0;
      const isPassword = access.users.isPassword.bind(access.users);
      access.users.isPassword = (name, password) => {
        checks += 1;
        return isPassword(name, password);
      };
      await Promise.all(Array.from({ length: 20 }, () => identify(basic("file", "long enough 1"))));
      assert.equal(checks, 1);
      await clock.advance(299_000);
      await identify(basic("file", "long enough 1"));
      assert.equal(checks, 1);
      await clock.advance(2_000);
      await identify(basic("file", "long enough 1"));
      assert.equal(checks, 2);
      await access.users.change("file", { role: "control" });
      assert.equal(may(await identify(basic("file", "long enough 1"))), "view snapshot control");
      assert.equal(checks, 2);
      await access.users.change("file", { password: "long enough 2" });
      await refused(identify(basic("file", "long enough 1")));
      assert.equal(checks, 3);
      await access.users.remove("file");
      await refused(identify(basic("file", "long enough 2")));
    });

    it("makes who is wrong too often wait, but not who was let in before, nor a device password", async () => {
      const { identify, access, clock } = await startGatekeeper();
      const device = await access.users.makeDevicePassword("anna");
      await identify(basic("anna", anna.password));
      for (let failure = 0; failure < 5; failure += 1) await refused(identify(basic("anna", "wrong")));
      const { headers } = await refused(identify(basic("anna", "wrong")), 429);
      assert.equal(headers["Retry-After"], "60");
      assert.ok(await identify(basic("anna", anna.password)));
      assert.ok(await identify(basic("anna", device)));
      await clock.advance(360_000);
      assert.ok(await identify(basic("anna", anna.password)));
    });

    it("stays five guesses at most when a thousand come at once", async () => {
      const { identify } = await startGatekeeper();
      const guesses = Array.from({ length: 1_000 }, (_, n) => identify(basic("anna", `guess ${n}`)));
      const results = await Promise.allSettled(guesses);
      const statuses = results.map((result) =>
        result.status === "rejected" ? toProblem(result.reason).problem.status : 200,
      );
      const count = (status: number): number => statuses.filter((other) => other === status).length;
      assert.ok(count(401) >= 1 && count(401) <= 5, String(count(401)));
      assert.equal(count(401) + count(429) + count(503), 1_000);
    });
  });

  describe("Digest", () => {
    it("is offered once there is a device password, and before Basic", async () => {
      const { access } = await startGatekeeper();
      assert.deepEqual(access.gatekeeper.challenges({}), ['Basic realm="Sightline", charset="UTF-8"']);
      await access.users.makeDevicePassword("anna");
      const [digest, other] = access.gatekeeper.challenges({}, true);
      assert.match(
        digest ?? "",
        /^Digest realm="Sightline", qop="auth", algorithm=MD5, nonce="[\w-]{43}", stale=true$/,
      );
      assert.equal(other, 'Basic realm="Sightline", charset="UTF-8"');
    });

    it("is not offered to ffmpeg, nor to who was wrong with it, whose password may be that of a login", async () => {
      const { access, identify, nonce, digest } = await startGatekeeper();
      const password = await access.users.makeDevicePassword("anna");
      const basicOnly = ['Basic realm="Sightline", charset="UTF-8"'];
      assert.deepEqual(access.gatekeeper.challenges({ "user-agent": "Lavf/61.7.100" }), basicOnly);
      assert.equal(access.gatekeeper.challenges({ "user-agent": "curl/8.0" }).length, 2);
      const { headers } = await refused(
        identify(digest(digestHeader({ username: "anna", nonce: nonce() }, anna.password))),
      );
      assert.deepEqual(headers["WWW-Authenticate"], basicOnly);
      assert.equal((await identify(basic("anna", anna.password)))?.name, "anna");
      const wrong = await refused(identify(basic("anna", "wrong")));
      assert.equal((wrong.headers["WWW-Authenticate"] as string[]).length, 2);
      const byDigest = digest(digestHeader({ username: "anna", nonce: nonce() }, password));
      assert.ok(await identify({ ...byDigest, headers: { ...byDigest.headers, "user-agent": "Lavf/61.7.100" } }));
    });

    it("that is wrong costs nobody a guess: curl tries it before Basic, each time", async () => {
      const { access, identify, nonce, digest } = await startGatekeeper();
      await access.users.makeDevicePassword("anna");
      for (let time = 0; time < 100; time += 1) {
        await refused(identify(digest(digestHeader({ username: "anna", nonce: nonce() }, anna.password))));
      }
      assert.ok(await identify(basic("anna", anna.password)));
    });

    it("takes the device password, with and without qop, HEAD, query, whole URL and base path", async () => {
      const { identify, access, nonce, digest } = await startGatekeeper({ basePath: "/cam/" });
      const password = await access.users.makeDevicePassword("root");
      const path = "/cameras/front/stream?fps=5";
      for (const uri of [path, `http://camera:8080${path}`, `/cam${path}`, `https://x/cam${path}`]) {
        for (const target of [path, `/cam${path}`]) {
          const header = digestHeader({ username: "root", nonce: nonce(), uri }, password);
          const known = await identify(digest(header, path, { target }));
          assert.equal(may(known), "view snapshot control", uri);
          assert.equal(known?.means, "digest");
        }
      }
      const head = digestHeader({ username: "root", nonce: nonce() }, password, "HEAD");
      assert.ok(await identify(digest(head, "/", { method: "HEAD" })));
    });

    it("takes names beyond ASCII", async () => {
      const { identify, access, nonce, digest } = await startGatekeeper({
        auth: { mode: "password", users: [{ ...anna, name: "J\u00f6rg" }] },
      });
      const password = await access.users.makeDevicePassword("J\u00f6rg");
      assert.equal(
        (await identify(digest(digestHeader({ username: "J\u00f6rg", nonce: nonce() }, password))))?.name,
        "J\u00f6rg",
      );
    });

    it("refuses a login password, a wrong one, users without one and nobody", async () => {
      const { identify, access, nonce, digest } = await startGatekeeper();
      await access.users.makeDevicePassword("anna");
      for (const [username, password] of [
        ["anna", anna.password],
        ["anna", ""],
        ["carl", carl.password],
        ["carl", ""],
        ["nobody", ""],
      ] as const) {
        const { headers } = await refused(identify(digest(digestHeader({ username, nonce: nonce() }, password))));
        assert.doesNotMatch(String(headers["WWW-Authenticate"]), /stale/);
      }
    });

    it("refuses a replay, an old nonce and a foreign one as stale, without counting them as failures", async () => {
      const { identify, access, nonce, digest, clock } = await startGatekeeper();
      const password = await access.users.makeDevicePassword("anna");
      const stale = async (header: string): Promise<void> => {
        const { headers } = await refused(identify(digest(header)));
        assert.match(String(headers["WWW-Authenticate"]), /^Digest .*stale=true,Basic /);
      };
      const first = nonce();
      const once = digestHeader({ username: "anna", nonce: first }, password);
      assert.ok(await identify(digest(once)));
      for (let replay = 0; replay < 10; replay += 1) await stale(once);
      const quality = { clientNonce: "abc", nonceCount: 2 };
      assert.ok(await identify(digest(digestHeader({ username: "anna", nonce: first, quality }, password))));
      await clock.advance(300_001);
      await stale(digestHeader({ username: "anna", nonce: first, quality: { ...quality, nonceCount: 3 } }, password));
      await stale(digestHeader({ username: "anna", nonce: "made up" }, password));
      assert.ok(await identify(digest(digestHeader({ username: "anna", nonce: nonce() }, password))));
    });

    it("of another request is 400", async () => {
      const { identify, access, nonce, digest } = await startGatekeeper();
      const password = await access.users.makeDevicePassword("anna");
      for (const uri of ["/", "/cameras/back/stream", "/cameras/front/stream?a=1", "//x/cameras/front/stream"]) {
        const header = digestHeader({ username: "anna", nonce: nonce(), uri }, password);
        await refused(identify(digest(header, "/cameras/front/stream")), 400);
      }
    });

    it("with any character of any value changed is refused", async () => {
      const { access, identify, nonce, digest } = await startGatekeeper();
      const password = await access.users.makeDevicePassword("anna");
      const header = digestHeader({ username: "anna", nonce: nonce() }, password);
      let count = 0;
      for (const { index, 0: whole, 1: name = "" } of header.matchAll(/(\w+)="?[^",]+"?/g)) {
        for (let at = index + name.length + 1; at < index + whole.length; at += 1) {
          for (const other of ["A", "0", "=", "\\", ""]) {
            const changed = header.slice(0, at) + other + header.slice(at + 1);
            const isSame =
              changed.toLowerCase() === header.toLowerCase() ||
              changed.replaceAll('"', "") === header.replaceAll('"', "");
            if (isSame) continue;
            const address = `10.0.${(count += 1) >> 8}.${count & 255}`;
            const outcome = await identify(digest(changed, "/", { address })).then(
              () => "let in",
              (error: unknown) => (error instanceof HttpProblem ? "refused" : String(error)),
            );
            assert.equal(outcome, "refused", changed);
          }
        }
      }
      assert.ok(count > 500, String(count));
      assert.ok(await identify(digest(header)));
    });
  });
});
