import type { HttpContext } from "./http-context.ts";

/** Whether a person opens this address in a browser: such a one is shown a page, not JSON. */
export function wantsPage({ method, headers }: Pick<HttpContext, "method" | "headers">): boolean {
  const mode = headers["sec-fetch-mode"];
  if ((method !== "GET" && method !== "HEAD") || (mode !== undefined && mode !== "navigate")) return false;
  return /\btext\/html\b/i.test(headers.accept ?? "");
}

/**
 * Whether a browser asks: it would answer a challenge with a window of its own, in front of our page. Browsers say how a
 * request came about (Sec-Fetch-Mode), but only over HTTPS; else they are known by a name and languages, which no player has.
 */
export function isBrowser({ headers }: Pick<HttpContext, "headers">): boolean {
  if (headers["sec-fetch-mode"] !== undefined) return true;
  return headers["user-agent"]?.startsWith("Mozilla/") === true && headers["accept-language"] !== undefined;
}
