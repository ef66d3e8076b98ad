import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";
import { helpText } from "../../src/cli/help.ts";
import { readAnchors, readCode, readLinks } from "./markdown.ts";

const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("docs", path))
    .sort(),
];
const scripts = Object.keys((JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts);
const readme = readFileSync("README.md", "utf8");

/** What is wrong with a link of the document at `path`; undefined when it leads somewhere. */
function checkLink(path: string, target: string): string | undefined {
  if (/^(https?|mailto):/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const place = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file)));
  if (!existsSync(place)) return `${target}: there is no ${place}`;
  if (anchor === undefined || statSync(place).isDirectory()) return undefined;
  return readAnchors(readFileSync(place, "utf8")).has(anchor) ? undefined : `${target}: ${place} has no such heading`;
}

describe("documents", () => {
  for (const path of documents) {
    it(`${path}: every link leads somewhere`, () => {
      const problems = readLinks(readFileSync(path, "utf8")).flatMap(({ target, line }) => {
        const problem = checkLink(path, target);
        return problem === undefined ? [] : [`${path}:${line}: ${problem}`];
      });
      assert.deepEqual(problems, []);
    });

    it(`${path}: every npm script it names exists`, () => {
      const named = readCode(readFileSync(path, "utf8")).flatMap((code) => [...code.matchAll(/\bnpm run ([\w:-]+)/g)]);
      const unknown = named.map((match) => match[1] ?? "").filter((name) => !scripts.includes(name));
      assert.deepEqual(unknown, []);
    });
  }

  it("docs/README.md leads to every document", () => {
    const reached = new Set(
      readLinks(readFileSync("docs/README.md", "utf8")).map(({ target }) =>
        normalize(join("docs", target.split("#")[0] ?? "")),
      ),
    );
    const missed = documents.filter(
      (path) => path.startsWith("docs/") && path !== "docs/README.md" && !reached.has(path),
    );
    assert.deepEqual(missed, []);
  });

  it("generated pages are what the code says", () => {
    execFileSync(process.execPath, ["scripts/docs.mjs", "--check"], { stdio: "pipe" });
  });
});

describe("README.md", () => {
  it("has 150 lines at most", () => assert.ok(readme.split("\n").length <= 151));

  it("names no command and no flag that the program does not have", () => {
    const lines = readCode(readme).filter((code) => /^(sightline|npm start --)(\s|$)/.test(code));
    assert.ok(lines.length > 0, "names no command at all");
    const commands = lines.flatMap((line) => /^(?:sightline|npm start --)\s+([a-z]+)\b/.exec(line)?.[1] ?? []);
    const flags = lines.flatMap((line) => line.match(/(?<=\s)--?[a-z][a-z-]*(?=[\s=]|$)/g) ?? []);
    assert.deepEqual(
      commands.filter((name) => !new RegExp(`^  ${name}\\b`, "m").test(helpText)),
      [],
    );
    assert.deepEqual(
      flags.filter((flag) => !new RegExp(`(^|\\s|\\[)${flag}\\b`, "m").test(helpText)),
      [],
    );
  });
});

describe("reading Markdown", () => {
  it("finds links and anchors, not those in code", () => {
    const text =
      '# A title: `x`, 2 words\n[a](b.md) ![c](<d.png> "t")\n`[e](f)`\n```\n# no\n[g](h)\n```\n[i](j.md#k)\n';
    assert.deepEqual(readLinks(text), [
      { target: "b.md", line: 2 },
      { target: "d.png", line: 2 },
      { target: "j.md#k", line: 8 },
    ]);
    assert.deepEqual([...readAnchors(text)], ["a-title-x-2-words"]);
    assert.deepEqual(readCode(text), ["# no", "[g](h)", "x", "[e](f)"]);
  });

  it("says what is wrong with a link", () => {
    assert.equal(checkLink("docs/README.md", "../README.md"), undefined);
    assert.equal(checkLink("docs/README.md", "no-such.md"), "no-such.md: there is no docs/no-such.md");
    assert.match(checkLink("docs/README.md", "../README.md#no-such-heading") ?? "", /has no such heading$/);
  });
});
