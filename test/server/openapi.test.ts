import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { routeAliases } from "../../src/outputs/http/aliases.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { createCamera, createStoppedClock, startRig, type Rig } from "./http-rig.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>;
}

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}

const stream: HttpRoute = {
  method: "GET",
  path: "/cameras/:id/stream",
  access: "view",
  summary: "Stands for the MJPEG stream",
  response: { type: "multipart/x-mixed-replace" },
  handle: () => ({ body: "--frame" }),
};

async function startWithPage(run: (rig: Rig, document: OpenApi) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "sightline-web-"));
  try {
    writeFileSync(join(directory, "index.html"), "<!doctype html>");
    writeFileSync(join(directory, "page.js"), "export {};");
    const clock = createStoppedClock();
    const camera = createCamera("front", "live", "", clock);
    const rig = await startRig({ cameras: [camera], clock, routes: [stream], server: { staticFiles: directory } });
    camera.publish();
    await run(rig, (await (await rig.get("/api/openapi.json")).json()) as OpenApi);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const key = (method: string, path: string): string => `${method.toUpperCase()} ${path}`;

test("the document and the running router name the same doors", async () => {
  await startWithPage((rig, document) => {
    assert.equal(document.openapi, "3.1.0");
    assert.equal(document.info.version, "1.2.3");
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => key(method, path)),
    );
    const open = rig.server.doors().map(({ method, path }) => key(method, path.replaceAll(/:(\w+)/g, "{$1}")));
    const aliased = routeAliases.flatMap(({ path }) => [key("GET", path), key("HEAD", path)]);
    assert.deepEqual(documented.toSorted(), [...open, ...aliased].toSorted());
    assert.ok(documented.length >= 30, String(documented.length));
    return Promise.resolve();
  });
});

test("the reference page names every door", async () => {
  const page = readFileSync("docs/reference/http-api.md", "utf8");
  await startWithPage((_rig, document) => {
    const missing = Object.keys(document.paths)
      .map((path) => path.replace("{id}", "ID"))
      .filter((path) => path !== "/page.js" && !page.includes(`\`${path}\``));
    assert.deepEqual(missing, []);
    return Promise.resolve();
  });
});

test("every documented operation answers as documented", async () => {
  await startWithPage(async (rig, document) => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const response = await rig.get(path.replace("{id}", "front"), { method: method.toUpperCase() });
        const name = key(method, path);
        assert.ok(![404, 405, 500].includes(response.status), `${name}: ${response.status}`);
        if (method === "patch" || method === "post") {
          assert.equal(response.status, 415, name);
          continue;
        }
        assert.equal(response.status, 200, name);
        const type = response.headers.get("content-type")?.split(";")[0];
        if (method === "get") assert.deepEqual(Object.keys(operation.responses["200"]?.content ?? {}), [type], name);
        await response.arrayBuffer();
      }
    }
  });
});

test("methods that are not documented are refused, and path parameters are declared", async () => {
  await startWithPage(async (rig, document) => {
    const ids = new Set<string>();
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
        const operation = operations[method.toLowerCase()];
        if (operation) {
          assert.ok(!ids.has(operation.operationId), operation.operationId);
          ids.add(operation.operationId);
          const declared = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
          assert.deepEqual(declared, path.includes("{id}") ? ["id"] : [], key(method, path));
        } else {
          const response = await rig.get(path.replace("{id}", "front"), { method });
          assert.equal(response.status, 405, key(method, path));
        }
      }
    }
  });
});
