import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { artifactDirectory, repositoryRoot } from "../../../support/compile-native.ts";
import { runTool } from "../../../support/run-tool.ts";
import { needing } from "../../../support/tool.ts";
import * as requests from "../../../../src/capture/v4l2/requests.ts";
import { ownLayout, structFields, type Layout } from "./struct-layout.ts";

/** Names that stand for anonymous unions of the header, or for members that we do not declare. */
const eventUnion = "u.";
const placeholder = "fmt.window_pointer";

/** The path of a field as C has it: members of anonymous unions belong to the struct around them. */
function toC(struct: string, path: string): string | undefined {
  const isEvent = struct === "v4l2_event";
  const own = isEvent && (path === "u" || path.startsWith(eventUnion)) ? path.slice(0, 2) : "";
  const rest = path.slice(own.length).split(".");
  if (path === placeholder || rest.at(-1) === "u") return undefined;
  return own + rest.filter((name) => name !== "u").join(".");
}

/** A C program that prints what `ownLayout` says and the numbers of all requests. */
function program(): string {
  const lines = [...structFields()].flatMap(([{ name }, paths]) => [
    `print("${name}", sizeof(struct ${name}));`,
    ...paths.flatMap((path) => {
      const field = toC(name, path);
      return field === undefined ? [] : [`print("${name}.${path}", __builtin_offsetof(struct ${name}, ${field}));`];
    }),
  ]);
  const numbers = Object.keys(requests).map((name) => `print("${name}", ${name});`);
  return `#include <stdio.h>
#include <linux/videodev2.h>
static void print(const char *name, unsigned long value) { printf("%s %lu\\n", name, value); }
int main(void) { ${[...lines, ...numbers].join("\n")} return 0; }
`;
}

async function compilerLayout(flag: "-m64" | "-m32"): Promise<Layout> {
  const directory = await mkdtemp(join(await artifactDirectory(), "layout-"));
  try {
    await writeFile(join(directory, "layout.c"), program());
    await runTool("gcc", [flag, join(directory, "layout.c"), "-o", join(directory, "layout")]);
    const output = await runTool(join(directory, "layout"), []);
    const lines = output.toString().trim().split("\n");
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(" ")), Number(line.slice(line.indexOf(" ")))]),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Every name in `theirs` that `ours` knows as well, which must be all but the requests. */
function compare(ours: Layout, theirs: Layout): void {
  const names = Object.keys(theirs).filter((name) => !name.startsWith("VIDIOC"));
  assert.ok(names.length > 200, `${names.length} sizes and offsets`);
  for (const name of names) assert.equal(ours[name], theirs[name], name);
}

describe("kernel structs", needing("gcc"), () => {
  it("have the sizes and offsets that gcc -m64 gives them", { skip: process.arch !== "x64" }, async () => {
    compare(ownLayout(), await compilerLayout("-m64"));
  });

  it("make the numbers of all requests", { skip: process.arch !== "x64" }, async () => {
    const theirs = await compilerLayout("-m64");
    for (const { name, number } of Object.values(requests)) assert.equal(number, theirs[name], name);
  });

  it("have the sizes and offsets that gcc -m32 gives them", needingIa32(), async () => {
    compare(await ia32Layout(), await compilerLayout("-m32"));
  });
});

/** Debian's 32-bit Node is unpacked and run for it: x86 only, and with the right to change the root folder. */
function needingIa32(): { skip: string | false } {
  if (process.arch !== "x64") return { skip: "32-bit x86 runs on x64 only" };
  return needing("apt-get", "dpkg-deb", "npm", process.getuid?.() === 0 ? "chroot" : "unshare");
}

/** The layout as koffi's 32-bit build has it: the same compiled files, run by a 32-bit Node. */
async function ia32Layout(): Promise<Layout> {
  const koffi = JSON.parse(await readFile(join(repositoryRoot, "node_modules/koffi/package.json"), "utf8")) as {
    version: string;
  };
  const artifacts = await artifactDirectory();
  const root = join(artifacts, "ia32-node");
  await runTool("bash", [join(repositoryRoot, "test/unit/capture/v4l2/ia32-node.sh"), root, koffi.version]);
  const folder = await mkdtemp(join(root, "build-"));
  try {
    const build = join(artifacts, "..");
    for (const directory of ["src/capture/v4l2", "test/unit/capture/v4l2"]) {
      await cp(join(build, directory), join(folder, directory), { recursive: true });
    }
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const script = join("/", relative(root, folder), "test/unit/capture/v4l2/print-layout.js");
    const enter = process.getuid?.() === 0 ? ["chroot", root] : ["unshare", "-r", "-R", root];
    const args = ["-i", `PATH=${process.env["PATH"] ?? ""}`, ...enter, "/usr/bin/node", script];
    return JSON.parse((await runTool("env", args)).toString()) as Layout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
