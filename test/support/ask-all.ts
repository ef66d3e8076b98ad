/** Everything of an answer as text: status, headers and body; of a stream the beginning. */
export async function readAnswer(origin: string, path: string, init: RequestInit = {}): Promise<string> {
  const end = new AbortController();
  const response = await fetch(`${origin}${path}`, { redirect: "manual", ...init, signal: end.signal });
  const isStream = response.headers.get("content-type")?.startsWith("multipart/") === true;
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  let body = "";
  for await (const chunk of response.body ?? []) {
    body += Buffer.from(chunk as Uint8Array).toString("latin1");
    if (isStream && body.length > 20_000) break;
  }
  end.abort();
  return `${response.status}\n${head}\n\n${body}`;
}

/** The paths that a running Sightline says may be got, with each of these cameras in its place. */
export async function readGetPaths(
  origin: string,
  headers: Readonly<Record<string, string>>,
  cameras: readonly string[],
): Promise<readonly string[]> {
  const response = await fetch(`${origin}/api/openapi.json`, { headers });
  const { paths } = (await response.json()) as { paths: Record<string, object> };
  const got = Object.keys(paths).filter((path) => "get" in (paths[path] ?? {}));
  return got.flatMap((path) => (path.includes("{id}") ? cameras.map((id) => path.replace("{id}", id)) : [path]));
}
