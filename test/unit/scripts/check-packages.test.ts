import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { repositoryRoot } from "../../support/compile-native.ts";

interface Checks {
  readonly findLockFault: (manifest: object, lock: object) => string | undefined;
  readonly judgeAudit: (output: string) => { readonly problem?: string; readonly note?: string };
}

const script = pathToFileURL(join(repositoryRoot, "scripts/check-packages.mjs")).href;
const { findLockFault, judgeAudit } = (await import(script)) as Checks;

/** As npm 10 and 11 answer; `holes`: name and severity. */
function audit(holes: Readonly<Record<string, string>>): string {
  const vulnerabilities = Object.fromEntries(
    Object.entries(holes).map(([name, severity]) => [name, { name, severity, range: "<1.2.3", fixAvailable: true }]),
  );
  const count = (severity: string) => Object.values(holes).filter((other) => other === severity).length;
  const counts = { info: 0, low: count("low"), moderate: count("moderate"), high: count("high"), critical: 0 };
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: counts } });
}

describe("what npm audit says", () => {
  it("is a failure from high on, with the packages named", () => {
    assert.deepEqual(judgeAudit(audit({ koa: "high", yaml: "low" })), { problem: "known holes in koa <1.2.3 (high)" });
    const counted = { metadata: { vulnerabilities: { critical: 2 } }, vulnerabilities: {} };
    assert.deepEqual(judgeAudit(JSON.stringify(counted)), { problem: "known holes in 2 packages" });
  });

  it("is a note below that, and nothing where there is nothing", () => {
    assert.deepEqual(judgeAudit(audit({ yaml: "moderate" })), {
      note: "lesser known holes in yaml <1.2.3 (moderate)",
    });
    assert.deepEqual(judgeAudit(audit({})), {});
  });

  it("is a note that nothing was audited where the registry cannot say", () => {
    for (const [answer, why] of [
      [{ message: "405 Method Not Allowed", statusCode: 405, error: { summary: "", detail: "" } }, "405 Method"],
      [{ error: { code: "ENOTFOUND", summary: "" } }, "ENOTFOUND"],
      [{}, "no reason"],
    ] as const) {
      const { problem, note = "" } = judgeAudit(JSON.stringify(answer));
      assert.equal(problem, undefined);
      assert.ok(note.startsWith("NOT AUDITED: ") && note.includes(why), note);
    }
  });

  it("is a failure where it is no answer at all", () => {
    for (const output of ["", "npm error", "<html>"]) {
      assert.deepEqual(judgeAudit(output), { problem: "npm audit did not answer with JSON" });
    }
  });
});

describe("the lock file", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(repositoryRoot, name), "utf8")) as Record<string, object>;
  const [manifest, lock] = [read("package.json"), read("package-lock.json")];

  it("belongs to package.json, and pins every package by its hash", () => {
    assert.equal(findLockFault(manifest, lock), undefined);
  });

  it("is found to be another one's", () => {
    const more = { ...manifest, dependencies: { ...manifest["dependencies"], "left-pad": "^1.0.0" } };
    assert.equal(findLockFault(more, lock), "package-lock.json has other dependencies than package.json");
    assert.equal(
      findLockFault({ ...manifest, devDependencies: {} }, lock),
      "package-lock.json has other devDependencies than package.json",
    );
  });

  it("is found to pin something by less than a hash", () => {
    for (const integrity of [undefined, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="]) {
      const loose = { ...lock, packages: { ...lock["packages"], "node_modules/x": { version: "1.0.0", integrity } } };
      assert.equal(findLockFault(manifest, loose), "node_modules/x has no SHA-512 in package-lock.json");
    }
  });
});
