import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { StorageError } from "../../core/errors.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../protocol/http/route.ts";
import { ACTION_PATTERN } from "./aliases.ts";
import { plainBasePath } from "../../protocol/http/base-path.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

const LOGIN = "login.html";

/** The web page. */
export interface StaticFiles {
  readonly routes: readonly HttpRoute[];
  /** The page to log in with, as it is shown in place of any other: its links start at the base path. */
  readonly loginPage: string | undefined;
}

/**
 * Doors for the web page: every file of `directory` (not its subdirectories) by its name, `index.html` at `/`. Read once,
 * kept in memory. `pageHeaders` go with every page. Throws StorageError when the page is not there.
 */
export async function loadStaticFiles(
  directory: string,
  pageHeaders: Readonly<Record<string, string>>,
  basePath: string,
): Promise<StaticFiles> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new StorageError(`the web page is missing: ${directory} cannot be read; build it with npm run build`, {
      cause: error,
    });
  });
  const known = names.filter((name) => TYPES[extname(name)] !== undefined).toSorted();
  if (!known.includes("index.html")) {
    throw new StorageError(`the web page is missing: no index.html in ${directory}; build it with npm run build`);
  }
  const files = await Promise.all(known.map(async (name) => ({ name, bytes: await readFile(join(directory, name)) })));
  const login = files.find(({ name }) => name === LOGIN)?.bytes.toString();
  return {
    routes: files.map(({ name, bytes }) => createFileRoute(name, bytes, pageHeaders)),
    loginPage: login?.replace(/<head>/i, `<head><base href="${plainBasePath(basePath)}/">`),
  };
}

function createFileRoute(name: string, bytes: Buffer, pageHeaders: Readonly<Record<string, string>>): HttpRoute {
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  const isPage = name === "index.html";
  const headers = {
    "Content-Type": type,
    "Cache-Control": "no-cache",
    ETag: etag,
    ...(extname(name) === ".html" ? pageHeaders : {}),
  };
  return {
    method: "GET",
    path: isPage ? "/" : `/${name}`,
    // What the page shows needs rights of its own; its files are the same for everybody.
    access: isPage ? "known" : "open",
    summary: isPage ? "The web page" : `Part of the web page: ${name}`,
    ...(isPage ? { query: [actionParameter] } : {}),
    response: { type: type.split(";")[0] ?? type },
    // Whoever is to look after a server that is full must be able to log in there.
    room: "reserved",
    handle: (request) => answerFile(request, etag, headers, bytes),
  };
}

const actionParameter = {
  name: "action",
  description: "mjpg-streamer's names: `stream`, `snapshot`, with `_N` for camera N from 0; `command` is refused",
  schema: { type: "string", pattern: ACTION_PATTERN },
} as const;

function answerFile(request: HttpRequest, etag: string, headers: Record<string, string>, bytes: Buffer): HttpReply {
  if (request.headers["if-none-match"] === etag) return { status: 304, headers };
  return { headers, body: bytes };
}
