import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { startSightline } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";

const version = (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;

/** Names of the web page's files, as they are served. */
function pageFiles(): readonly string[] {
  const names = readdirSync("src/web").filter((name) => /\.(html|css|svg|ts)$/.test(name));
  assert.ok(names.includes("login.html") && names.includes("login.ts"));
  return names.map((name) => name.replace(/\.ts$/, ".js"));
}

describe("the package", { timeout: 300_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-package-"));
  const prefix = join(directory, "global");
  const command = join(prefix, "bin/sightline");
  const installed = join(prefix, "lib/node_modules/sightline");
  after(() => rmSync(directory, { recursive: true, force: true }));

  before(async () => {
    // Packed from a copy: packing builds, and others may be running what is built here.
    const copy = join(directory, "copy");
    mkdirSync(copy);
    for (const name of ["src", "scripts", "config", "docs"]) cpSync(name, join(copy, name), { recursive: true });
    for (const name of readdirSync(".").filter((name) => /\.(json|md)$|^LICENSE$|^\.npmrc$/.test(name))) {
      cpSync(name, join(copy, name));
    }
    symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"));
    const npm = (...args: string[]) => runTool("npm", ["--loglevel=error", ...args]);
    await npm("pack", "--prefix", copy, "--pack-destination", directory, copy);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    assert.equal(tarball, `sightline-${version}.tgz`);
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
    // No install script runs: none may be needed.
    await npm("install", "--global", "--prefix", prefix, "--ignore-scripts", ...quiet, join(directory, tarball));
  });

  it("holds the program, its page, documents and licence, and neither sources nor tests", () => {
    const names = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter(
      (name) => !name.startsWith("node_modules/"),
    );
    for (const name of [
      "dist/main.js",
      ...pageFiles().map((name) => `dist/web/${name}`),
      "config/sightline.example.yaml",
      "config/sightline.service",
      "config/sightline.socket",
      "README.md",
      "LICENSE",
      "package.json",
    ]) {
      assert.ok(names.includes(name), `${name} is missing`);
    }
    const unwanted = names.filter((name) => /^(src|test|scripts|\.)|\.ts$|\.map$/.test(name));
    assert.deepEqual(unwanted, []);
  });

  it("installs the command sightline with --version and --help", async () => {
    assert.equal((await runTool(command, ["--version"])).toString().trim(), `sightline ${version}`);
    const help = (await runTool(command, ["--help"])).toString();
    for (const word of ["serve", "devices", "controls", "check", "--config"]) assert.ok(help.includes(word), word);
  });

  it("reaches the kernel's cameras without an install script", async () => {
    const devices: unknown = JSON.parse((await runTool(command, ["devices", "--json"])).toString());
    assert.equal(typeof devices, "object");
  });

  it("shows the login page, with all that belongs to it, to those whom it does not know", async () => {
    const auth = { mode: "password" };
    const sightline = await startSightline({ auth, cameras: [{ id: "pattern", source: "test-pattern" }] }, [command]);
    try {
      // As a browser that opens the page: `fetch` would say that a script asks.
      const asked = get(`${sightline.origin}/`, { headers: { Accept: "text/html" } });
      const [page] = (await once(asked, "response")) as [IncomingMessage];
      assert.equal(page.statusCode, 401);
      assert.match(await text(page), /<script [^>]*src="login\.js"/);
      for (const name of pageFiles()) {
        const file = await fetch(`${sightline.origin}/${name}`);
        const isPage = name === "index.html";
        assert.equal(file.status, isPage ? 401 : 200, name);
        const installedFile = readFileSync(join(installed, "dist/web", name));
        if (!isPage) assert.deepEqual(Buffer.from(await file.arrayBuffer()), installedFile, name);
      }
      assert.match(sightline.log(), /^Log in once, within 15 minutes: http:\/\/127\.0\.0\.1:\d+\/#link=[\w-]{43}$/m);
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
  });

  it("serves: page, API and a picture that it encoded itself", async () => {
    const sightline = await startSightline({ cameras: [{ id: "pattern", source: "test-pattern" }] }, [command]);
    try {
      const page = await fetch(`${sightline.origin}/`);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<title>Sightline<\/title>/);
      const snapshot = await fetch(`${sightline.origin}/snapshot.jpg`);
      const { width, height, format } = await sharp(Buffer.from(await snapshot.arrayBuffer())).metadata();
      assert.deepEqual({ width, height, format }, { width: 1280, height: 720, format: "jpeg" });
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
  });
});
