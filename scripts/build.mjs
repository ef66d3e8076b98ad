// Builds dist/ (the program and the browser's side) from src/.
//   node scripts/build.mjs [--if-stale]     --if-stale: only where a source is newer than the last build
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

const stamp = "dist/.built";

function newestUnder(directory) {
  let newest = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return [newestUnder("src"), statSync("package.json").mtimeMs].every((time) => time < built);
}

/** What browsers fetch needs no indentation: a quarter less to send. */
function unindent(file) {
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^[ \t]+/gm, ""));
}

if (!process.argv.includes("--if-stale") || !isFresh()) {
  const started = new Date();
  rmSync("dist", { recursive: true, force: true });
  await run("node", ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  if (existsSync("src/web/tsconfig.json")) {
    await run("node", ["node_modules/typescript/bin/tsc", "-p", "src/web/tsconfig.json"]);
    for (const name of readdirSync("src/web")) {
      if (/\.(html|css|svg|png|webmanifest)$/.test(name)) cpSync(join("src/web", name), join("dist/web", name));
    }
    for (const name of readdirSync("dist/web")) {
      if (/\.(html|css|js)$/.test(name)) unindent(join("dist/web", name));
    }
  }
  if (existsSync("dist/main.js")) chmodSync("dist/main.js", 0o755);
  writeFileSync(stamp, "");
  utimesSync(stamp, started, started);
}
