import { posix } from "node:path";
import { readImports, stripText } from "./source-text.ts";

/** Rings from the inside out; folders of one ring do not know each other. House: imports point down only. */
const rings: readonly (readonly string[])[] = [
  ["core"],
  ["media", "protocol"],
  ["hub", "config", "store"],
  ["access"],
  ["capture", "transcode", "motion", "recording", "outputs", "announce", "log"],
  ["app.ts"],
  ["cli"],
  ["main.ts"],
];

/** The one folder that may import a package. */
const packageOwners: Readonly<Record<string, string>> = {
  koffi: "capture/v4l2",
  koa: "outputs/http",
  "@koa/router": "outputs/http",
  "prom-client": "outputs/status",
  pino: "log",
  "pino-pretty": "log",
  "pino-roll": "log",
  convict: "config",
  yaml: "config",
  "@julusian/jpeg-turbo": "transcode",
  sharp: "transcode",
  "write-file-atomic": "store",
  selfsigned: "cli",
  "@zxcvbn-ts/language-common": "access",
  "multicast-dns": "announce/mdns",
  mqtt: "announce/mqtt",
};

/** Words of the language that belong to one place. */
const ownedWords: readonly { readonly word: RegExp; readonly owner: RegExp; readonly what: string }[] = [
  { word: /\bprocess\.env\b/, owner: /^config\/load\.ts$/, what: "process.env" },
  { word: /\bprocess\.argv\b/, owner: /^main\.ts$/, what: "process.argv" },
  { word: /\bprocess\.exit\b/, owner: /^main\.ts$/, what: "process.exit" },
  { word: /\bprocess\.(on|once)\(/, owner: /^main\.ts$/, what: "signals and process events" },
  { word: /\bDate\.now\b|\bnew Date\(\s*\)|\bprocess\.hrtime\b/, owner: /^core\/clock\.ts$/, what: "the clocks" },
];

const vagueName = /^(utils?|helpers?|common|shared|manager|misc|index)\b/;
const maxLines = 400;

/** What is wrong with one source file (`path` from src/), each in words that name it. */
export function checkArchitecture(path: string, source: string): readonly string[] {
  const code = stripText(source);
  const imports = readImports(source);
  return [
    ...checkName(path),
    ...checkLength(path, source),
    ...checkWords(path, code),
    ...checkExports(path, code, imports.length > 0 && imports.every(({ isReExport }) => isReExport)),
    ...imports.flatMap(({ specifier }) => checkImport(path, specifier)),
  ];
}

/** Packages that some folder owns. */
export function ownedPackages(): readonly string[] {
  return Object.keys(packageOwners);
}

function checkName(path: string): string[] {
  const name = posix.basename(path);
  if (vagueName.test(name)) return [`${path}: a name that says nothing`];
  return /^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(name) ? [] : [`${path}: not in kebab-case`];
}

function checkLength(path: string, source: string): string[] {
  const lines = source.split("\n").length - 1;
  return lines > maxLines ? [`${path}: ${lines} lines, more than ${maxLines}`] : [];
}

function checkWords(path: string, code: string): string[] {
  const found = ownedWords.filter(({ word, owner }) => word.test(code) && !owner.test(path));
  return found.map(({ what, owner }) => `${path}: uses ${what}, which belong to ${owner.source}`);
}

function checkExports(path: string, code: string, passesAllOn: boolean): string[] {
  const problems: string[] = [];
  if (/^export default\b/m.test(code)) problems.push(`${path}: has a default export`);
  if (
    /^export \*/m.test(code) ||
    (passesAllOn && !/^(const|function|class|export (const|function|class|interface|type \w+ =))/m.test(code))
  ) {
    problems.push(`${path}: is a barrel`);
  }
  return problems;
}

function checkImport(path: string, specifier: string): string[] {
  if (specifier.startsWith("node:")) return [];
  if (!specifier.startsWith(".")) return checkPackage(path, specifier);
  const target = posix.join(posix.dirname(path), specifier);
  if (target.startsWith(".."))
    return target === "../package.json" ? [] : [`${path}: imports ${target} from outside src/`];
  if (!target.endsWith(".ts")) return [`${path}: imports ${specifier} without .ts`];
  return checkRing(path, target);
}

function checkPackage(path: string, specifier: string): string[] {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const owner = packageOwners[name];
  if (owner === undefined) return [`${path}: imports ${name}, which no folder owns`];
  return posix.dirname(path) === owner || path.startsWith(`${owner}/`)
    ? []
    : [`${path}: imports ${name}, which belongs to ${owner}/`];
}

function checkRing(path: string, target: string): string[] {
  const from = folderOf(path);
  const to = folderOf(target);
  const fromRing = rings.findIndex((ring) => ring.includes(from));
  const toRing = rings.findIndex((ring) => ring.includes(to));
  if (fromRing < 0) return [`${path}: ${from} is in no ring`];
  if (toRing < 0) return [`${path}: imports ${target}, which is in no ring`];
  if (from === to) return checkNeighbour(path, target);
  if (toRing < fromRing) return [];
  const words = toRing === fromRing ? "a neighbour of its ring" : "which is further out";
  return [`${path}: imports ${target}, ${words}`];
}

/**
 * Within capture/ and outputs/, each sub-folder talks to one foreign thing and knows none of the others; capture/controls is
 * what the controls of every kind of camera are made of.
 */
function checkNeighbour(path: string, target: string): string[] {
  const [folder, from, ...deeper] = path.split("/");
  const [, to, ...deeperTo] = target.split("/");
  if (folder !== "capture" && folder !== "outputs") return [];
  const fromAdapter = deeper.length > 0 ? from : undefined;
  const toAdapter = deeperTo.length > 0 ? to : undefined;
  if (toAdapter === undefined || toAdapter === fromAdapter) return [];
  if (folder === "capture" && toAdapter === "controls") return [];
  return [`${path}: imports ${target}; adapters do not know each other`];
}

function folderOf(path: string): string {
  if (path.includes("/") || path === "main.ts") return path.split("/")[0] ?? path;
  return "app.ts"; // what the composition root is made of
}
