import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

/** Paths that mean something on one machine only: somebody's home or working folder. */
const foreign = /(?<![\w.$}-]|\w")\/(?:(?:work|root|Users|var\/folders)\/[\w.]|home\/(?!USER\b|pi\b|me\b)\w)/;
const binary = /\.(png|jpe?g|mjpeg|h264|bin|ico|gz)$/;

function findForeign(text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) => (foreign.test(line) ? [`${index + 1}: ${line.trim()}`] : []));
}

describe("the repository", () => {
  it("names no path of the machine it was written on", () => {
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      encoding: "utf8",
    });
    const paths = listed.split("\n").filter((path) => path !== "" && !binary.test(path) && existsSync(path));
    const own = "test/repo/foreign-paths.test.ts";
    const found = paths
      .filter((path) => path !== own)
      .flatMap((path) => findForeign(readFileSync(path, "utf8")).map((where) => `${path}:${where}`));
    assert.deepEqual(found, []);
  });

  it("would be told so", () => {
    for (const line of ["cd /work/project", "/root/.npmrc", `"/home/jane/clip"`, "see /Users/x"]) {
      assert.deepEqual(findForeign(line), [`1: ${line}`]);
    }
    for (const line of ["https://host/work/x", "HOME=/root", "a network/root/cause", "${root}/tmp/x", "/home/pi/x"]) {
      assert.deepEqual(findForeign(line), []);
    }
  });
});
