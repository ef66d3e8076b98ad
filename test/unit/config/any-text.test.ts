import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../src/core/errors.ts";
import { listKeys } from "../../../src/config/key-lookup.ts";
import { parseYaml, YamlError } from "../../../src/config/parse-yaml.ts";
import { schema } from "../../../src/config/schema.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { inDirectory } from "./load-from.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whether `run` ends well or with a ConfigError; anything else is thrown on. */
function loadsOrExplains(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    assert.ok(error.problems.length > 0);
    return false;
  }
}

const words = ["server", "port", "cameras", "id", "mqtt", "url", "a", "~", "off", "'", '"', "&a", "*a", "<<", "!", "@"];
const marks = [
  ": ",
  "\n",
  "  ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ", ",
  "#",
  "|",
  ">",
  "? ",
  "---\n",
  "\t",
  "%",
  "\\",
  "\u0000",
  "\ud800",
];
const yamlish = fc.array(fc.oneof(fc.constantFrom(...words, ...marks), fc.string({ maxLength: 4 })), { maxLength: 40 });

test("any text loads or is explained", () => {
  inDirectory("", (cwd) => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 200 }),
          yamlish.map((parts) => parts.join("")),
        ),
        (text) => {
          writeFileSync(join(cwd, "sightline.yaml"), text);
          loadsOrExplains(() => loadConfig({ env: {}, cwd }));
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("any text parses or throws YamlError", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        yamlish.map((parts) => parts.join("")),
      ),
      (text) => {
        try {
          parseYaml(text).lineOf(["server", "port"]);
        } catch (error) {
          if (!(error instanceof YamlError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("any value at any key loads or is explained, from the file, a variable or a flag", () => {
  const keys = listKeys(schema).map(({ path }) => path.map((key) => (key === "N" ? "0" : key)));
  const values = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("", "0", "auto", "/dev/video0", "mqtt://h", 1e9, -1, [], {}, [{}]),
  );
  let loaded = 0;
  inDirectory(undefined, (cwd) => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), values, fc.boolean(), (path, value, asFlag) => {
        const text = typeof value === "string" ? value : JSON.stringify(value);
        const whole = path.reduceRight<unknown>((inner, key) => (key === "0" ? [inner] : { [key]: inner }), value);
        const config = join(cwd, "any.yaml");
        writeFileSync(config, JSON.stringify(whole));
        const flags = asFlag ? { set: [`${path.join(".")}=${text}`] } : { config };
        loaded += loadsOrExplains(() => loadConfig({ env: {}, cwd, flags })) ? 1 : 0;
      }),
      { numRuns: 400 },
    );
  });
  assert.ok(loaded > 20);
});
