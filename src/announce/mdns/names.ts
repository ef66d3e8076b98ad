/** Largest label (RFC 1035 §2.3.4), in bytes. */
const maxLabelBytes = 63;

/**
 * A name for people as one DNS label, the `attempt`th in a row of namesakes: `Sightline`, `Sightline (2)`, … Dots are
 * dashes, since the codec would take them for the end of a label; what does not fit is cut, at a character.
 */
export function toInstanceName(name: string, attempt = 1): string {
  const suffix = attempt === 1 ? "" : ` (${attempt})`;
  const clean =
    name
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")
      .replaceAll(".", "-")
      .trim() || "Sightline";
  return cut(clean, maxLabelBytes - suffix.length).trimEnd() + suffix;
}

/** A host name of this bridge's own, so that it never contends with the one that avahi-daemon gives the machine. */
export function toHostName(id: string, attempt = 1): string {
  return `sightline-${id}${attempt === 1 ? "" : `-${attempt}`}.local`;
}

/** DNS compares names without regard to the case of ASCII letters (RFC 6762 §16). */
export function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && toLower(a) === toLower(b));
}

function toLower(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function cut(text: string, maxBytes: number): string {
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
