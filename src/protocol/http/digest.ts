import { createHash, timingSafeEqual } from "node:crypto";
import { ProtocolError } from "../../core/errors.ts";

/** What a client answers to a Digest challenge (RFC 7616 section 3.4; without `quality` as in RFC 2069). */
export interface DigestCredentials {
  /** As text: UTF-8 where the bytes are that, else ISO 8859-1. */
  readonly username: string;
  /** The same with one character for each byte: what the client hashed. */
  readonly usernameBytes: string;
  readonly realm: string;
  readonly nonce: string;
  /** The request's target as the client says it; compare it with the real one. */
  readonly uri: string;
  /** 32 hexadecimal digits, in lower case. */
  readonly response: string;
  readonly opaque?: string;
  /** Where the client protects against replay (`qop=auth`). */
  readonly quality?: {
    readonly clientNonce: string;
    /** From 1; grows with every request that uses the same nonce. */
    readonly nonceCount: number;
  };
}

/** What a server asks for (RFC 7616 section 3.3): always MD5, which is all that players and recorders know. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  /** The password was right and only the nonce too old: the client tries again by itself. */
  readonly isStale?: boolean;
  /** False: without `qop`, for RTSP, whose clients do not know it. */
  readonly offersQuality?: boolean;
}

const maxHeaderLength = 8192;
const maxParameters = 32;
/** RFC 9110 section 5.6.2. */
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const separator = /[ \t]*(?:,[ \t]*)*/y;
const equals = /[ \t]*=[ \t]*/y;
const quotedString = /"((?:[^"\\]|\\[^])*)"/y;
const hex32 = /^[0-9a-f]{32}$/i;

/** The value of a `WWW-Authenticate` header. Realm and nonce are printable ASCII. */
export function formatDigestChallenge({ realm, nonce, isStale, offersQuality = true }: DigestChallenge): string {
  const parts = [`realm=${quote(realm)}`, ...(offersQuality ? ['qop="auth"'] : []), "algorithm=MD5"];
  return `Digest ${[...parts, `nonce=${quote(nonce)}`, ...(isStale === true ? ["stale=true"] : [])].join(", ")}`;
}

/**
 * The value of an `Authorization` header of scheme Digest, one character for each byte, as node gives it. Throws
 * ProtocolError 400 when a directive is missing, improper or there twice, or asks for what was not offered.
 */
export function parseDigestAuthorization(header: string): DigestCredentials {
  const parameters = parseParameters(header);
  const required = (name: string): string => {
    const value = parameters.get(name);
    if (value === undefined) throw new ProtocolError(`the Digest credentials have no ${name}`);
    return value;
  };
  if ((parameters.get("algorithm") ?? "MD5").toUpperCase() !== "MD5") {
    throw new ProtocolError("the Digest credentials are not of algorithm MD5");
  }
  if (parameters.get("userhash")?.toLowerCase() === "true") {
    throw new ProtocolError("the Digest credentials hide the user's name, which was not offered");
  }
  const response = required("response").toLowerCase();
  if (!hex32.test(response))
    throw new ProtocolError("the response of the Digest credentials is not 32 hexadecimal digits");
  const opaque = parameters.get("opaque");
  const quality = readQuality(parameters);
  return {
    ...readUsername(parameters),
    realm: required("realm"),
    nonce: required("nonce"),
    uri: required("uri"),
    response,
    ...(opaque === undefined ? {} : { opaque }),
    ...(quality === undefined ? {} : { quality }),
  };
}

/** The `Authorization` header of these credentials. */
export function formatDigestAuthorization(credentials: DigestCredentials): string {
  const { usernameBytes, realm, nonce, uri, response, opaque, quality } = credentials;
  const parts = [
    `username=${quote(usernameBytes)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    "algorithm=MD5",
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ];
  if (quality) {
    parts.push("qop=auth", `nc=${formatNonceCount(quality.nonceCount)}`, `cnonce=${quote(quality.clientNonce)}`);
  }
  return `Digest ${parts.join(", ")}`;
}

/** What `response` must be for this password (RFC 7616 sections 3.4.1 to 3.4.3; RFC 2617 section 3.2.2.1 without qop). */
export function computeDigestResponse(
  credentials: Omit<DigestCredentials, "response" | "username">,
  method: string,
  password: string,
): string {
  const { usernameBytes, realm, nonce, uri, quality } = credentials;
  const passwordBytes = Buffer.from(password, "utf8").toString("latin1");
  const secret = md5(`${usernameBytes}:${realm}:${passwordBytes}`);
  const request = md5(`${method}:${uri}`);
  if (!quality) return md5(`${secret}:${nonce}:${request}`);
  return md5(`${secret}:${nonce}:${formatNonceCount(quality.nonceCount)}:${quality.clientNonce}:auth:${request}`);
}

/** Whether the client knows the password; in constant time. Says nothing about nonce, realm and uri. */
export function verifyDigestResponse(credentials: DigestCredentials, method: string, password: string): boolean {
  const expected = computeDigestResponse(credentials, method, password);
  return (
    credentials.response.length === expected.length &&
    timingSafeEqual(Buffer.from(credentials.response, "latin1"), Buffer.from(expected, "latin1"))
  );
}

/** `Digest a=b, c="d"` as a map with lower-case names (RFC 9110 section 11.4). */
function parseParameters(header: string): ReadonlyMap<string, string> {
  if (header.length > maxHeaderLength) throw new ProtocolError("the Digest credentials are too long");
  const scheme = /^Digest[ \t]+/i.exec(header);
  if (!scheme) throw new ProtocolError("the credentials are not of scheme Digest");
  const parameters = new Map<string, string>();
  let at = scheme[0].length;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match ?? undefined;
  };
  take(separator);
  while (at < header.length) {
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined || !take(equals)) throw malformed(at);
    const quoted = take(quotedString);
    const value = quoted ? (quoted[1] ?? "").replaceAll(/\\([^])/g, "$1") : take(token)?.[0];
    if (value === undefined) throw malformed(at);
    if (parameters.has(name)) throw new ProtocolError(`the Digest credentials have two of one directive`);
    if (parameters.size === maxParameters) throw new ProtocolError("the Digest credentials have too many directives");
    parameters.set(name, value);
    const gap = take(separator)?.[0] ?? "";
    if (at < header.length && !gap.includes(",")) throw malformed(at);
  }
  return parameters;
}

function readQuality(parameters: ReadonlyMap<string, string>): DigestCredentials["quality"] {
  const kind = parameters.get("qop");
  if (kind === undefined) return undefined;
  if (kind.toLowerCase() !== "auth") throw new ProtocolError("the Digest credentials have a qop other than auth");
  const count = parameters.get("nc") ?? "";
  const nonceCount = /^[0-9a-f]{8}$/i.test(count) ? Number.parseInt(count, 16) : 0;
  if (nonceCount === 0)
    throw new ProtocolError("the nc of the Digest credentials is not a count of 8 hexadecimal digits");
  const clientNonce = parameters.get("cnonce");
  if (clientNonce === undefined) throw new ProtocolError("the Digest credentials have no cnonce");
  return { clientNonce, nonceCount };
}

/** `username`, or `username*` (RFC 7616 section 3.4, RFC 8187), which is UTF-8 always. */
function readUsername(parameters: ReadonlyMap<string, string>): { username: string; usernameBytes: string } {
  const plain = parameters.get("username");
  const extended = parameters.get("username*");
  if ((plain === undefined) === (extended === undefined)) {
    throw new ProtocolError("the Digest credentials must have one of username and username*");
  }
  const usernameBytes = plain ?? decodeExtended(extended ?? "");
  return { username: decodeText(usernameBytes), usernameBytes };
}

function decodeExtended(value: string): string {
  const match = /^UTF-8'[A-Za-z0-9-]*'((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-F]{2})*)$/i.exec(value);
  if (!match) throw new ProtocolError("the username* of the Digest credentials is not as RFC 8187 has it");
  return (match[1] ?? "").replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function decodeText(bytes: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    return bytes;
  }
}

function malformed(at: number): ProtocolError {
  return new ProtocolError(`the Digest credentials cannot be read at character ${at}`);
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

function formatNonceCount(count: number): string {
  return count.toString(16).padStart(8, "0");
}

/** One byte for each character. */
function md5(text: string): string {
  return createHash("md5").update(text, "latin1").digest("hex");
}
