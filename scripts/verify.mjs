// Everything that must hold before a change lands, on a fresh clone of a Debian machine with git and Node:
// the packages the tests need, then lint, types, docs, build, every test tier and a short bench.
//   node scripts/verify.mjs [--long]     --long: full counts and the whole bench instead of a twentieth
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { chdir } from "node:process";
import { fileURLToPath } from "node:url";
import { findLockFault, judgeAudit } from "./check-packages.mjs";
import { debianPackages } from "./debian-packages.mjs";

chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const isLong = process.argv.includes("--long");
const startedMs = performance.now();
const timings = [];
const notes = [];
const counted = { pass: 0, fail: 0, skipped: 0 };
// What is missing here is a failure, never a skip.
const env = {
  ...process.env,
  CI: "true",
  DEBIAN_FRONTEND: "noninteractive",
  ...(isLong && { SIGHTLINE_TEST_LONG: "1" }),
};

const steps = [
  { name: "Debian packages", act: installDebianPackages },
  { name: "npm packages", act: installNpmPackages },
  { name: "npm audit", act: auditNpmPackages },
  { name: "lint and types", command: ["node", "scripts/lint.mjs"], minutes: 5 },
  { name: "generated docs", command: ["node", "scripts/docs.mjs", "--check"], minutes: 2 },
  { name: "build", command: ["node", "scripts/build.mjs"], minutes: 5 },
  ...["unit", "server", "contract", "repo", "e2e"].map((tier) => testTier(tier, 10)),
  testTier("camera-vm", isLong ? 90 : 18),
  { name: "bench", command: ["node", "scripts/bench.mjs", ...(isLong ? [] : ["--quick"])], minutes: isLong ? 120 : 6 },
  testTier("home-assistant", 12),
];

for (const step of steps) {
  process.stdout.write(`\n== ${step.name}\n`);
  const from = performance.now();
  const problem = await (step.act ? step.act() : run(step.command, step.minutes));
  timings.push(`${seconds(performance.now() - from)}  ${step.name}${problem ? "  FAILED" : ""}`);
  if (problem) finish(`${step.name}: ${problem}`);
}
finish();

function testTier(tier, minutes) {
  return { name: `test ${tier}`, command: ["node", "scripts/test.mjs", tier], minutes };
}

function finish(problem) {
  process.stdout.write(`\n== timing\n${timings.join("\n")}\n${seconds(performance.now() - startedMs)}  in all\n\n`);
  if (problem) process.stdout.write(`verify: stopped at ${problem}\n`);
  for (const note of notes) process.stdout.write(`verify: ${note}\n`);
  if (counted.skipped > 0) process.stdout.write(`verify: ${counted.skipped} skipped\n`);
  // A step that fails without a test's name (lint, say) is one failure.
  const failed = problem ? Math.max(1, counted.fail) : counted.fail;
  process.stdout.write(`${counted.pass} passed, ${failed} failed\n`);
  process.exit(failed > 0 ? 1 : 0);
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1).padStart(7)} s`;
}

/** Runs one program, its output passed on and its tests counted. Resolves with what went wrong, if anything did. */
function run([program, ...args], minutes) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env, detached: true });
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // it ended by itself
      }
    };
    const passOn = (signal) => {
      end(signal);
      finish(`${program} ${args.join(" ")}: ${signal}`);
    };
    let timedOut = false;
    const limit = setTimeout(
      () => {
        timedOut = true;
        end("SIGTERM");
        setTimeout(() => end("SIGKILL"), 5000).unref();
      },
      minutes * 60_000 * (isLong ? 20 : 1),
    );
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, passOn);
    const settle = (problem) => {
      clearTimeout(limit);
      for (const signal of ["SIGINT", "SIGTERM"]) process.removeListener(signal, passOn);
      resolve(problem);
    };
    countTests(child.stdout);
    child.on("error", (error) => settle(`${program}: ${error.message}`));
    child.on("close", (code, signal) => {
      if (timedOut) settle(`took more than ${minutes} minutes`);
      else if (code === 0) settle();
      else settle(`${[program, ...args].join(" ")}: ${signal ?? `exit status ${code}`}`);
    });
  });
}

/** Node's test runner ends its report with lines like `ℹ pass 12`. */
function countTests(stream) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    process.stdout.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const [, what, count] = /^ℹ (pass|fail|skipped) (\d+)$/.exec(line.trim()) ?? [];
      if (what) counted[what] += Number(count);
    }
  });
}

async function installDebianPackages() {
  const names = debianPackages.map(({ name }) => name);
  const query = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names], {
    encoding: "utf8",
  });
  if (query.error)
    return `this is no Debian system (dpkg-query: ${query.error.code}); the tests need ${names.join(", ")}`;
  const installed = new Set(query.stdout.split("\n").filter((line) => line.endsWith(" installed")));
  const missing = names.filter((name) => !installed.has(`${name} installed`));
  if (missing.length === 0) {
    process.stdout.write(`${names.length} packages, all installed\n`);
    return undefined;
  }
  for (const { name, why } of debianPackages) {
    if (missing.includes(name)) process.stdout.write(`missing: ${name}: ${why}\n`);
  }
  const install = [
    "apt-get",
    "-q",
    "-o",
    "DPkg::Lock::Timeout=300",
    "-o",
    "Dpkg::Use-Pty=0",
    "install",
    "-y",
    "--no-install-recommends",
    ...missing,
  ];
  const prefix = rootPrefix();
  if (!prefix) return `this user may not install packages; run: sudo apt-get update && sudo ${install.join(" ")}`;
  return (await run([...prefix, "apt-get", "update"], 5)) ?? (await run([...prefix, ...install], 15));
}

/** What makes a command run as root without a question; undefined when nothing does. */
function rootPrefix() {
  if (process.getuid() === 0) return ["env"];
  const asked = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return asked.status === 0 ? ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"] : undefined;
}

async function installNpmPackages() {
  const difference = npmDifference();
  process.stdout.write(`${difference ?? "node_modules is what package-lock.json says"}\n`);
  if (!difference) return undefined;
  // Not `npm ci`: it refuses a lock file that lacks a package for some other machine, and registries do not have them all.
  const quiet = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts"];
  const problem = await run(["npm", "install", ...quiet], 10);
  return problem ?? npmDifference();
}

/** The packages of the program and those that only build and test it: both run on machines with something to lose. */
function auditNpmPackages() {
  const read = (file) => JSON.parse(readFileSync(file, "utf8"));
  const fault = findLockFault(read("package.json"), read("package-lock.json"));
  if (fault) return fault;
  const patience = ["--fetch-retries=1", "--fetch-timeout=30000"];
  const { stdout, error } = spawnSync("npm", ["audit", "--json", ...patience], { encoding: "utf8" });
  const { problem, note } = error ? { problem: `npm audit: ${error.message}` } : judgeAudit(stdout);
  if (note) notes.push(note);
  process.stdout.write(`${problem ?? note ?? "no package has a known hole"}\n`);
  return problem;
}

/** Why node_modules is not what package-lock.json says; undefined when it is. */
function npmDifference() {
  const place = "node_modules/.package-lock.json";
  if (!existsSync(place)) return "there is no node_modules";
  const wanted = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
  const present = JSON.parse(readFileSync(place, "utf8")).packages;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === "" || (optional && !present[path])) continue; // packages for other machines are left out
    if (present[path]?.version !== version)
      return `${path} should be ${version}, is ${present[path]?.version ?? "missing"}`;
    if (!existsSync(path)) return `${path} is missing`;
  }
  return Object.keys(present)
    .find((path) => !wanted[path])
    ?.concat(" is not in package-lock.json");
}
