/**
 * The part of `path` behind the base path (`/camera`), which proxies take off or leave; the path itself where it is not
 * there. `""` for the base path without anything behind it: relative links would lead past it.
 */
export function withoutBasePath(basePath: string, path: string): string {
  const base = plainBasePath(basePath);
  if (base === "" || !path.startsWith(base)) return path;
  const rest = path.slice(base.length);
  return rest === "" || rest.startsWith("/") ? rest : path;
}

/** Without a slash at its end; `""` for the root. */
export function plainBasePath(basePath: string): string {
  return basePath.replace(/\/+$/, "");
}
