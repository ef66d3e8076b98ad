import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { needing } from "../support/tool.ts";

const units = ["config/sightline.service", "config/sightline.socket"];

/** Exit status and everything that was said. */
function analyze(...args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  if (error) throw error;
  return { status, said: stdout + stderr };
}

describe("the systemd units", needing("systemd-analyze"), () => {
  it("have no mistake that systemd knows", () => {
    assert.deepEqual(analyze("verify", ...units), { status: 0, said: "" });
  });

  it("leave the program little that it does not need", () => {
    const { status, said } = analyze("security", "--offline=yes", "--threshold=25", "config/sightline.service");
    assert.equal(status, 0, said);
  });

  it("do not start again what cannot work, and let JavaScript be compiled", () => {
    const service = readFileSync("config/sightline.service", "utf8");
    assert.match(service, /^RestartPreventExitStatus=64 78$/m);
    assert.doesNotMatch(service, /^MemoryDenyWriteExecute=yes$/m, "JavaScript is compiled while it runs");
  });
});
