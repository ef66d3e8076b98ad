// Writes what is generated from the sources: docs/reference/configuration.md, config/sightline.example.yaml (from the schema)
// and docs/reference/mqtt.md (from the topics and entities).
//   node scripts/docs.mjs [--check] [--from DIR]
//     --check     writes nothing, fails when a file is stale
//     --from DIR  where the compiled program is (default: dist, built when it is stale)
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fail, run } from "./run.mjs";

const at = process.argv.indexOf("--from");
const from = at < 0 ? "dist" : process.argv[at + 1];
if (from === undefined) fail("--from needs a directory");
if (at < 0) await run("node", ["scripts/build.mjs", "--if-stale"]);

const load = (name) => import(pathToFileURL(resolve(from, `${name}.js`)).href);
const { describeExample, describeReference } = await load("config/describe");
const { schema } = await load("config/schema");
const { describeMqtt } = await load("announce/mqtt/describe-mqtt");

const pages = {
  "docs/reference/configuration.md": describeReference(schema),
  "config/sightline.example.yaml": describeExample(schema),
  "docs/reference/mqtt.md": describeMqtt(),
};
const stale = Object.entries(pages).filter(([file, text]) => !existsSync(file) || readFileSync(file, "utf8") !== text);
if (!process.argv.includes("--check")) {
  for (const [file, text] of stale) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${file} written\n`);
  }
} else if (stale.length > 0) {
  fail(`stale, run npm run docs: ${stale.map(([file]) => file).join(", ")}`);
}
