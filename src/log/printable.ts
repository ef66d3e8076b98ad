/**
 * Control characters (C0 with line ends, DEL, C1), line separators and the marks that turn writing around: what could
 * forge a second log line or steer a terminal.
 */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `text` on one line, every character of it visible: the others stand as `\n`, `\t` or `\u001b`. */
export function toPrintable(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
