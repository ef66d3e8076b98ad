import { parseHost } from "./own-names.ts";

/** Which web pages may talk to us: our own, and those of the configured origins. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** `allowed`: origins such as `https://dashboard.example.org`; `*` is every origin, without credentials. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((origin) => (origin === "*" ? origin : (normalise(origin) ?? origin))));
  }

  /** Whether pages of other origins may read our answers at all. */
  get areAny(): boolean {
    return this.#allowed.size > 0;
  }

  /** How a page of this origin may read our answers: with its user's credentials, without, or not at all. */
  reader(origin: string): "credentials" | "anonymous" | undefined {
    const plain = normalise(origin);
    if (plain !== undefined && this.#allowed.has(plain)) return "credentials";
    return this.#allowed.has("*") ? "anonymous" : undefined;
  }

  /**
   * Whether a page of this origin may change something at `host` (a Host header). The scheme is not compared: before a
   * proxy that does not say so, ours is not known, and who holds our name under http holds it under https too.
   */
  mayChange(origin: string, host: string | undefined): boolean {
    const plain = normalise(origin);
    if (plain === undefined) return false;
    return this.#allowed.has(plain) || isSameHost(new URL(plain), host);
  }
}

/** `scheme://host[:port]` without the scheme's own port; undefined for what is no origin of a page (`null` too). */
function normalise(origin: string): string | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const isPlain = url.username === "" && url.password === "" && url.pathname === "/" && !/[?#]/.test(origin);
  return isPlain && (url.protocol === "http:" || url.protocol === "https:") ? url.origin : undefined;
}

function isSameHost(origin: URL, host: string | undefined): boolean {
  const own = parseHost(host ?? "");
  if (!own || host === undefined) return false;
  const asUrl = `${origin.protocol}//${host}`;
  return URL.canParse(asUrl) && new URL(asUrl).host === origin.host;
}
