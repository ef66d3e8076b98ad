import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { checkArchitecture, ownedPackages } from "./architecture-rules.ts";
import { readImports, stripText } from "./source-text.ts";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.startsWith("web/"))
  .sort();

describe("architecture of src/", () => {
  it("has sources to look at", () => assert.ok(sources.length > 30));

  for (const path of sources) {
    it(path, () => assert.deepEqual(checkArchitecture(path, readFileSync(`src/${path}`, "utf8")), []));
  }

  it("gives every dependency an owner, and none to what is no dependency", () => {
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    assert.deepEqual([...ownedPackages()].sort(), Object.keys(dependencies).sort());
  });
});

describe("architecture rules", () => {
  const table: readonly (readonly [path: string, source: string, problem: string | undefined])[] = [
    ["hub/a.ts", `import { b } from "../core/b.ts";`, undefined],
    ["hub/a.ts", `import type { b } from "../capture/b.ts";`, "hub/a.ts: imports capture/b.ts, which is further out"],
    ["hub/a.ts", `const b = await import("../app.ts");`, "hub/a.ts: imports app.ts, which is further out"],
    ["hub/a.ts", `import { b } from "../config/b.ts";`, "hub/a.ts: imports config/b.ts, a neighbour of its ring"],
    [
      "capture/a.ts",
      `import {\n  b,\n} from "../outputs/b.ts";`,
      "capture/a.ts: imports outputs/b.ts, a neighbour of its ring",
    ],
    ["outputs/mjpeg/a.ts", `import { b } from "../mjpeg/b.ts";`, undefined],
    [
      "outputs/mjpeg/a.ts",
      `import { b } from "../http/b.ts";`,
      "outputs/mjpeg/a.ts: imports outputs/http/b.ts; adapters do not know each other",
    ],
    [
      "capture/a.ts",
      `import { b } from "./v4l2/b.ts";`,
      "capture/a.ts: imports capture/v4l2/b.ts; adapters do not know each other",
    ],
    ["capture/v4l2/a.ts", `import { b } from "../source.ts";`, undefined],
    ["capture/v4l2/a.ts", `import koffi from "koffi";`, undefined],
    ["hub/a.ts", `import koffi from "koffi";`, "hub/a.ts: imports koffi, which belongs to capture/v4l2/"],
    ["hub/a.ts", `import x from "left-pad";`, "hub/a.ts: imports left-pad, which no folder owns"],
    ["outputs/http/a.ts", `import { Router } from "@koa/router";`, undefined],
    ["hub/a.ts", `import "./b.js";`, "hub/a.ts: imports ./b.js without .ts"],
    ["hub/a.ts", `import { a } from "../../test/a.ts";`, "hub/a.ts: imports ../test/a.ts from outside src/"],
    ["hub/a.ts", "const level = process.env['X'];", "hub/a.ts: uses process.env, which belong to ^config\\/load\\.ts$"],
    ["config/load.ts", "const level = process.env['X'];", undefined],
    ["cli/a.ts", "process.exit(1);", "cli/a.ts: uses process.exit, which belong to ^main\\.ts$"],
    [
      "app.ts",
      `process.once("SIGTERM", stop);`,
      "app.ts: uses signals and process events, which belong to ^main\\.ts$",
    ],
    ["hub/a.ts", "const now = new Date();", "hub/a.ts: uses the clocks, which belong to ^core\\/clock\\.ts$"],
    ["hub/a.ts", "const then = new Date(wallMs); // not Date.now()", undefined],
    ["hub/a.ts", `const words = "process.exit";`, undefined],
    ["hub/a.ts", "export default 1;", "hub/a.ts: has a default export"],
    ["hub/a.ts", `export * from "./b.ts";`, "hub/a.ts: is a barrel"],
    ["hub/a.ts", `export { b } from "./b.ts";\nexport type { C } from "./c.ts";`, "hub/a.ts: is a barrel"],
    ["hub/utils.ts", "", "hub/utils.ts: a name that says nothing"],
    ["hub/index.ts", "", "hub/index.ts: a name that says nothing"],
    ["hub/frameHub.ts", "", "hub/frameHub.ts: not in kebab-case"],
    ["hub/a.ts", "\n".repeat(401), "hub/a.ts: 401 lines, more than 400"],
    ["common/a.ts", `import { b } from "../core/b.ts";`, "common/a.ts: common is in no ring"],
  ];
  for (const [path, source, problem] of table) {
    it(problem ?? `${path}: ${source}`, () => {
      assert.deepEqual(checkArchitecture(path, source), problem === undefined ? [] : [problem]);
    });
  }
});

describe("reading sources", () => {
  it("leaves out comments and the content of strings", () => {
    assert.equal(
      stripText(`a("x", 'y', \`z\`); // b\n/* c\nd */ e("it's // no comment")`),
      'a("", \'\', ``); \n \n e("")',
    );
  });

  it("finds every kind of import", () => {
    const source = [
      `import a, { type B } from "./a.ts";`,
      `import {\n  c,\n} from "./b.ts";`,
      `import * as d from "d";`,
      `import "./e.ts";`,
      `export { f } from "./f.ts";`,
      `const g = await import("./g.ts");`,
      `// import { h } from "./h.ts";`,
      `const address = "http://host"; export const i = "./i.ts";`,
    ].join("\n");
    assert.deepEqual(
      readImports(source).map(({ specifier }) => specifier),
      ["./a.ts", "./b.ts", "d", "./e.ts", "./f.ts", "./g.ts"],
    );
  });
});
