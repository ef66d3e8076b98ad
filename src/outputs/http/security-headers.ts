import type { HttpRoute } from "../../protocol/http/route.ts";

/** What the headers depend on. */
export interface HeaderOptions {
  /** Who may show our pages in a frame, in the words of CSP: `'self'` (or `self`), `'none'`, origins. */
  readonly frameAncestors: readonly string[];
  /** Tell browsers to come back by HTTPS only. */
  readonly hsts: boolean;
}

type Headers = Readonly<Record<string, string>>;

const HSTS_SECONDS = 31_536_000;

/** Powers that no page of ours uses; full screen and picture-in-picture stay. */
const PERMISSIONS = [
  "accelerometer",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "usb",
]
  .map((power) => `${power}=()`)
  .join(", ");

/** Everything a page shows or runs comes from here; pictures may be made in it. */
const PAGE =
  "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'self'; " +
  "form-action 'none'; frame-ancestors";

/** The headers that keep browsers from being used against us or their users. Made once, the same for every answer. */
export class SecurityHeaders {
  /** For answers that are no page. */
  readonly plain: Headers;
  readonly #encrypted: Headers;
  readonly #page: Headers;

  constructor({ frameAncestors, hsts }: HeaderOptions) {
    const ancestors = frameAncestors.map(inQuotes);
    const words = ancestors.length === 0 ? "'none'" : ancestors.join(" ");
    const frames = { ...frameOptions(words) };
    this.plain = {
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "same-origin",
      "Permissions-Policy": PERMISSIONS,
      "Content-Security-Policy": `default-src 'none'; frame-ancestors ${words}`,
      "Cross-Origin-Resource-Policy": "same-origin",
      ...frames,
    };
    // Browsers heed it on encrypted pages only, and complain of it elsewhere.
    const opener = { "Cross-Origin-Opener-Policy": "same-origin" };
    const strict = hsts ? { "Strict-Transport-Security": `max-age=${HSTS_SECONDS}` } : {};
    this.#encrypted = { ...this.plain, ...opener, ...strict };
    this.#page = { "Content-Security-Policy": `${PAGE} ${words}` };
  }

  /** What every answer has. */
  forAll(isEncrypted: boolean): Headers {
    return isEncrypted ? this.#encrypted : this.plain;
  }

  /** What a page has instead or besides. */
  forPage(): Headers {
    return this.#page;
  }
}

/**
 * Whether a door answers with a picture. Dashboards and print servers embed pictures, and an embedded picture cannot be read
 * by the page around it: the headers that keep others from embedding are taken off.
 */
export function showsPicture({ response: { type } }: HttpRoute): boolean {
  return /^(?:image|video|multipart)\//.test(type) && type !== "image/svg+xml";
}

/** Headers of {@link SecurityHeaders} that a picture has not. */
export const notForPictures = ["Content-Security-Policy", "X-Frame-Options"] as const;

function inQuotes(word: string): string {
  return word === "self" || word === "none" ? `'${word}'` : word;
}

/** For browsers from before frame-ancestors. It cannot name origins. */
function frameOptions(words: string): Headers {
  if (words === "'none'") return { "X-Frame-Options": "DENY" };
  return words === "'self'" ? { "X-Frame-Options": "SAMEORIGIN" } : {};
}
