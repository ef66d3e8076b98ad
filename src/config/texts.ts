import { isIP } from "node:net";

/** What a text must be: a test, and its meaning in words to stand after "must be". */
interface TextRule {
  readonly accepts: (value: string) => boolean;
  readonly must: string;
}

/** An identifier that stands in URLs, MQTT topics and file names. */
export const identifier: TextRule = {
  accepts: (value) => /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(value),
  must: "1 to 64 of a-z, 0-9 and -, not starting or ending with -",
};

/** An address to listen on. */
export const listenAddress: TextRule = {
  accepts: (value) => isIP(value.replace(/%.*$/, "")) !== 0 || isHostName(value),
  must: 'an IP address or host name without port or scheme; "::" means every address of this machine',
};

/** Where a Unix socket can be: what is longer than the system's 108 bytes would be cut off without a word. */
export const socketPath: TextRule = {
  accepts: (value) => value.startsWith("/") && Buffer.byteLength(value) < 108,
  must: "an absolute path of at most 107 bytes",
};

/** A host name or IP address as it stands in a Host header, without port; a leading `*.` stands for any label. */
export const hostName: TextRule = {
  accepts: (value) => isIP(value) !== 0 || isHostName(value.replace(/^\*\./, "")),
  must: "a host name or IP address without port",
};

/** An IP address, or one with a prefix length (`10.0.0.0/8`). */
export const addressRange: TextRule = {
  accepts(value) {
    const [address = "", prefix, ...rest] = value.split("/");
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return false;
    return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
  },
  must: "an IP address or a range such as 192.168.0.0/16",
};

/** An origin as browsers write it, or `*` for every one. */
export const webOrigin: TextRule = {
  accepts: (value) => value === "*" || isOrigin(value),
  must: 'an origin such as https://example.org or http://192.168.1.2:8123, or "*"',
};

/** Who may frame a page, in the words of CSP (frame-ancestors). */
export const frameAncestor: TextRule = {
  accepts: (value) => /^(?:self|none|https?:)$/.test(value) || isOrigin(value.replace("://*.", "://any.")),
  must: "self, none, or an origin such as http://homeassistant.local:8123 (its first label may be *)",
};

/** The part of a URL's path that a reverse proxy puts in front. */
export const basePath: TextRule = {
  accepts: (value) => /^\/(?:[A-Za-z0-9._~-]+\/?)*$/.test(value) && !/(^|\/)\.{1,2}(\/|$)/.test(value),
  must: 'a path that starts with "/", e.g. /camera',
};

/** An MQTT topic without wildcards. */
export const topic: TextRule = {
  accepts: (value) => /^[^+#$/][^+#]*$/.test(value) && !/\/$|\/\//.test(value),
  must: "an MQTT topic without +, #, $ or / at its ends",
};

/** A URL with one of `schemes` and a host. */
export function url(...schemes: readonly string[]): TextRule {
  return {
    accepts: (value) =>
      URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)) && new URL(value).host !== "",
    must: `a URL such as ${schemes[0]}://host`,
  };
}

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^\s/?#@;,'"]+$/i.test(value) && URL.canParse(value);
}

function isHostName(value: string): boolean {
  return (
    value.length <= 253 && value.split(".").every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  );
}
