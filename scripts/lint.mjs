// Lint, format check, unused code and types: everything that reads the sources without running them.
import { run } from "./run.mjs";

await run("node_modules/.bin/oxfmt", ["--check", "."]);
await run("node_modules/.bin/oxlint", ["--type-aware", "--max-warnings", "0"]);
await run("node_modules/.bin/tsc", ["-p", "tsconfig.json", "--noEmit"]);
await run("node_modules/.bin/tsc", ["-p", "src/web/tsconfig.json", "--noEmit"]);
await run("node_modules/.bin/knip", []);
