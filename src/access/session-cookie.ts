import { sign } from "./random-words.ts";
import type { SecretKey } from "./secret-key.ts";
import { sessionSeconds } from "./sessions.ts";

const maxHeaderLength = 16_384;

/** Name and attributes of the session cookie (RFC 6265 section 4.1). */
export class SessionCookie {
  readonly #key: SecretKey;
  readonly #basePath: string;

  /** `basePath`: `/`, or as in `server.basePath`. */
  constructor(key: SecretKey, basePath: string) {
    this.#key = key;
    this.#basePath = basePath.length > 1 ? basePath.replace(/\/+$/, "") : "/";
  }

  /**
   * Cookies know no ports: the name tells two servers of one machine apart. Over HTTPS it has a prefix, so that nothing sent
   * without encryption can set it (RFC 6265bis section 4.1.3).
   */
  name(isEncrypted: boolean): string {
    const name = `sightline-${sign(this.#key.derive("cookie-name"), "name").slice(0, 6)}`;
    if (!isEncrypted) return name;
    return `${this.#basePath === "/" ? "__Host-" : "__Secure-"}${name}`;
  }

  /** Every value of our cookie in a `Cookie` header; there may be several, of several paths. */
  values(header: string | undefined, isEncrypted: boolean): readonly string[] {
    return parseCookies(header ?? "")
      .filter(([name]) => name === this.name(isEncrypted))
      .map(([, value]) => value);
  }

  /** The `Set-Cookie` header that gives the browser this value; undefined takes the cookie away. */
  format(value: string | undefined, isEncrypted: boolean): string {
    const attributes = [
      `${this.name(isEncrypted)}=${value ?? ""}`,
      `Path=${this.#basePath}`,
      `Max-Age=${value === undefined ? 0 : sessionSeconds}`,
      "HttpOnly",
      "SameSite=Lax",
      ...(isEncrypted ? ["Secure"] : []),
    ];
    return attributes.join("; ");
  }
}

/** Names and values of a `Cookie` header, in their order. What is no pair is left out. */
export function parseCookies(header: string): readonly (readonly [name: string, value: string])[] {
  if (header.length > maxHeaderLength) return [];
  return header.split(";").flatMap((part) => {
    const at = part.indexOf("=");
    if (at < 0) return [];
    const value = part.slice(at + 1).trim();
    const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
    return [[part.slice(0, at).trim(), isQuoted ? value.slice(1, -1) : value] as const];
  });
}
