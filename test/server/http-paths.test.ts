import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createCamera, exchange, startRig, statusesOf, type Rig } from "./http-rig.ts";

/** Ways up, each in every spelling that servers were ever fooled by. */
const ups = [
  "..",
  "%2e%2e",
  "%2E.",
  ".%2e",
  "%252e%252e",
  "%c0%ae%c0%ae",
  "%e0%80%ae%e0%80%ae",
  "%uff0e%uff0e",
  "..;",
  "..%00",
  "..%0d%0a",
  "....",
  ".../...",
  "..%c0%af",
];
const slashes = ["/", "%2f", "%2F", "\\", "%5c", "%252f", "//", "/./"];
const targets = ["secret.txt", "etc/passwd", "package.json"];
const starts = ["/", "/cam/", "/cameras/", "/cameras/front/", "/api/", "/style.css/", "/./"];

describe("paths that lead elsewhere", () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-paths-"));
  const web = join(directory, "web");
  mkdirSync(web);
  writeFileSync(join(directory, "secret.txt"), "SECRET");
  writeFileSync(join(web, "index.html"), "<title>page</title>");
  writeFileSync(join(web, "style.css"), "body {}");
  writeFileSync(join(web, "secret.txt"), "SECRET of no known kind");
  after(() => rmSync(directory, { recursive: true }));

  const start = (nobody = false): Promise<Rig> =>
    startRig({
      cameras: [createCamera("front")],
      server: {
        staticFiles: web,
        basePath: "/cam",
        ...(nobody && { guard: { identify: () => Promise.resolve(undefined), challenges: () => [] } }),
      },
    });

  const paths = starts.flatMap((first) =>
    ups.flatMap((up) =>
      slashes.flatMap((slash) => targets.map((target) => first + `${up}${slash}`.repeat(3) + target)),
    ),
  );

  it(`${paths.length} ways up lead nowhere`, async () => {
    const rig = await start();
    for (let from = 0; from < paths.length; from += 50) {
      const some = paths.slice(from, from + 50);
      const last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      const answer = await exchange(rig, some.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join("") + last);
      assert.doesNotMatch(answer, /SECRET|root:x|"name": "sightline"/);
      const statuses = statusesOf(answer);
      assert.deepEqual(
        statuses.slice(0, -1),
        some.map(() => 404),
        some.join("\n"),
      );
      assert.equal(statuses.at(-1), 200);
    }
  });

  it("no spelling of a path opens what is closed to nobody", async () => {
    const rig = await start(true);
    const closed = ["/api/cameras", "/cameras/front/stream", "/cameras/front/snapshot.jpg", "/metrics", "/"];
    const spellings = closed.flatMap((path) => [
      path,
      `/cam${path}`,
      `${path}/`,
      `/${path}`,
      `/.${path}`,
      `/healthz/..${path}`,
      `/healthz%2f..${path}`,
      `/style.css/..${path}`,
      `/style.css;${path}`,
      `${path};style.css`,
      `${path}%00`,
      `${path}%00.css`,
      `${path}?/healthz`,
      `${path}#/healthz`,
      `${path}%3f.css`,
      `${path}.css`,
      path.toUpperCase(),
      path.replaceAll("a", "%61"),
      path.replaceAll("/", "\\"),
      path.replaceAll("/", "%2f"),
      path.replaceAll("/", "//"),
      `http://x${path}`,
      `http://x/healthz/..${path}`,
    ]);
    for (const path of spellings) {
      const answer = await exchange(rig, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.ok([400, 401].includes(statusesOf(answer)[0] ?? 0), `${path}: ${answer.slice(0, 200)}`);
    }
  });

  it("headers that other servers rewrite paths by do nothing", async () => {
    const rig = await start(true);
    for (const header of [
      "X-Original-URL",
      "X-Rewrite-URL",
      "X-HTTP-Method-Override",
      "X-Forwarded-Prefix",
      "X-Forwarded-For",
    ]) {
      for (const value of ["/healthz", "GET", "127.0.0.1"]) {
        const response = await rig.get("/api/cameras", { headers: { [header]: value } });
        assert.equal(response.status, 401, `${header}: ${value}`);
      }
    }
  });
});
