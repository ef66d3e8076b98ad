// Compiles src/ and test/ into build/ and runs test tiers with Node's own runner.
//   node scripts/test.mjs [TIER|FILE.ts]...      tiers: unit server contract repo e2e camera-vm home-assistant (default: the fast four)
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { run, fail } from "./run.mjs";

const fast = ["unit", "server", "contract", "repo"];
const wanted = process.argv.slice(2);

function testsUnder(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join(directory, name));
}

const outDir = process.env.SIGHTLINE_TEST_BUILD ?? "build";
rmSync(join(outDir, "test"), { recursive: true, force: true });
await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", outDir]);

const files = (wanted.length > 0 ? wanted : fast).flatMap((name) => {
  if (!name.endsWith(".ts")) return testsUnder(join(outDir, "test", name));
  if (!existsSync(name) || !statSync(name).isFile()) fail(`no such test file: ${name}`);
  return [join(outDir, name.replace(/\.ts$/, ".js"))];
});
if (files.length === 0) fail(`no test in ${wanted.join(" ")}`);
const heavy = files.some((file) => /\/(e2e|camera-vm|home-assistant)\//.test(file));
await run("node", [
  "--enable-source-maps",
  "--test",
  `--test-concurrency=${heavy ? 1 : 2}`,
  "--test-reporter=spec",
  ...files,
]);
