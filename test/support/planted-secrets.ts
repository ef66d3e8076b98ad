import { randomBytes } from "node:crypto";

/** Shorter pieces of an encoding may turn up by chance. */
const shortestPiece = 8;

/** Secrets that a test put somewhere, and the search for them in whatever came out, however it is encoded. */
export class PlantedSecrets {
  /** By what they are. */
  readonly #secrets = new Map<string, { readonly value: string; readonly forms: readonly string[] }>();

  /** A new secret, with characters that JSON, URLs and YAML write in another way, unless `isPlain`. */
  plant(what: string, isPlain = false): string {
    const random = randomBytes(9).toString("hex");
    return this.add(what, isPlain ? random : `${random.slice(0, 9)}"ä+/ ${random.slice(9)}`);
  }

  /** One that the program made. Empty where the program did not say it: that is an error of the test. */
  add(what: string, value: string): string {
    if (value.length < shortestPiece) throw new Error(`${what}: not a secret: ${JSON.stringify(value)}`);
    this.#secrets.set(what, { value, forms: formsOf(value) });
    return value;
  }

  /** What they are that stand in `text`, in any form; `but`: what they are that may stand there. */
  findIn(text: string | Buffer, but: readonly string[] = []): readonly string[] {
    const all = typeof text === "string" ? text : text.toString("latin1");
    // Bytes that are UTF-8 are looked at as such too.
    const texts = typeof text === "string" ? [all] : [all, text.toString("utf8")];
    const others = [...this.#secrets].filter(([what]) => !but.includes(what));
    const found = others.filter(([, { forms }]) => texts.some((one) => forms.some((form) => one.includes(form))));
    return found.map(([what]) => what);
  }
}

/** The ways in which a secret may be written. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const forms = [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    url,
    url.replaceAll("%20", "+"),
    url.toLowerCase(),
    encodeURI(secret),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...[0, 1, 2].flatMap((shift) => base64Inside(bytes, shift)),
    // What a cut at a character that needs care leaves.
    ...secret.split(/[^\w.-]+/).filter((piece) => piece.length >= shortestPiece),
  ];
  return [...new Set(forms)];
}

/** The base64 of a text with these bytes in it, `shift` bytes after a group of three: what of it is the same around any text. */
function base64Inside(bytes: Buffer, shift: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  const usable = whole.subarray(shift === 0 ? 0 : 3, whole.length - (whole.length % 3));
  return [usable.toString("base64"), usable.toString("base64url")];
}
