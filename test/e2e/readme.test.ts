import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { patternCamera } from "./cameras.ts";

/** Paths in back-ticks, and those of addresses; `ID` stands for a camera. */
function readPaths(text: string): readonly string[] {
  const spans = [...text.matchAll(/`(\/[^`\s]*)`/g)].map((match) => match[1] ?? "");
  const addresses = [...text.matchAll(/http:\/\/(?:HOST|localhost):8080(\/[^\s`)]*)/g)].map((match) => match[1] ?? "");
  const onDisk = /^\/(etc|dev|var|usr)\//;
  return [...new Set([...spans, ...addresses])].filter((path) => !onDisk.test(path));
}

let sightline: SightlineProcess;
before(async () => {
  sightline = await startSightline({ cameras: [patternCamera] });
});
after(() => sightline.stop());

it("every URL of README.md is answered", { timeout: 60_000 }, async () => {
  const paths = readPaths(readFileSync("README.md", "utf8"));
  assert.ok(paths.length >= 10, paths.join(" "));
  for (const path of paths) {
    const aborter = new AbortController();
    const response = await fetch(sightline.origin + path.replace("/ID/", "/pattern/"), { signal: aborter.signal });
    assert.equal(response.status, 200, path);
    aborter.abort();
  }
});
