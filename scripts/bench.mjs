// Measures Sightline beside ustreamer and a bare C server, on a camera that exists only for them. docs/benchmarks.md
//   node scripts/bench.mjs [--quick] [--rows A,B] [--write] …      (a wrong option prints them all)
import { join } from "node:path";
import { run } from "./run.mjs";

const outDir = process.env.SIGHTLINE_TEST_BUILD ?? "build";
await run("node", ["scripts/build.mjs", "--if-stale"]);
await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", outDir]);
await run("node", ["--enable-source-maps", join(outDir, "test/bench/run-bench.js"), ...process.argv.slice(2)]);
