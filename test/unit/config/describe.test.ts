import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { describeExample, describeReference } from "../../../src/config/describe.ts";
import { environmentName } from "../../../src/config/environment.ts";
import { formats, invalid } from "../../../src/config/formats.ts";
import { listKeys } from "../../../src/config/key-lookup.ts";
import { parseYaml } from "../../../src/config/parse-yaml.ts";
import { rawAt } from "../../../src/config/raw.ts";
import { schema } from "../../../src/config/schema.ts";
import { sectionTitles } from "../../../src/config/section-titles.ts";
import { loadYaml } from "./load-from.ts";

const keys = listKeys(schema);

test("every key has words, and a default that is right", () => {
  for (const { path, field } of keys) {
    assert.match(field.doc, /^[A-Z`"].*\.$/s, path.join("."));
    if (field.default === undefined || field.required) continue;
    assert.notEqual(formats[field.format].read(field.default, field), invalid, path.join("."));
  }
});

test("every section has a title and every title a section", () => {
  const sections = new Set(keys.map(({ path }) => path.slice(0, -1).join(".")).filter((path) => path !== ""));
  for (const path of sections) assert.ok(sectionTitles[path], path);
  const known = new Set(
    [...sections].flatMap((path) => path.split(".").map((_, end, all) => all.slice(0, end + 1).join("."))),
  );
  for (const path of Object.keys(sectionTitles)) assert.ok(known.has(path), path);
});

test("the reference has one row for every key, with its variable", () => {
  const rows = describeReference(schema)
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  assert.equal(rows.length, keys.length);
  for (const { path, field } of keys) {
    const row = rows.find((line) => line.includes(`| \`${environmentName(path)}\` |`));
    assert.ok(row?.endsWith(`| ${field.doc.replaceAll("|", "\\|")} |`), path.join("."));
  }
});

test("the example file is nothing but comments", () => {
  assert.deepEqual(loadYaml(describeExample(schema)).config, loadYaml(undefined).config);
});

test("the example file, one # taken off every line, has every key and loads", () => {
  const plain = describeExample(schema).replace(/^#/gm, "");
  const { value } = parseYaml(plain);
  for (const { path, field } of keys) {
    const at = path.map((key) => (key === "N" ? "0" : key));
    if (field.alternative) assert.match(plain, new RegExp(`^ +# ${at.at(-1)}: `, "m"));
    else assert.notEqual(rawAt(value, at) ?? undefined, undefined, path.join("."));
  }
  const { config } = loadYaml(plain);
  assert.equal(config.cameras[0]?.id, "front-door");
  assert.equal(config.server.port, 8080);
});

test("the example file's alternatives load in their own place", () => {
  const command = keys.find(({ path }) => path.at(-1) === "command")?.field.example;
  assert.ok(command);
  assert.equal(
    loadYaml(`cameras: [{ source: command, command: ${command} }]`).config.cameras[0]?.command?.[0],
    "rpicam-vid",
  );
});

test("the guide's file loads", () => {
  const [, yaml] = /```yaml\n(.*?)```/s.exec(readFileSync("docs/guides/configuration.md", "utf8")) ?? [];
  assert.ok(yaml);
  const { config } = loadYaml(yaml);
  assert.deepEqual(
    config.cameras.map(({ id, source }) => [id, source]),
    [
      ["front-door", "v4l2"],
      ["garden", "command"],
    ],
  );
});
