import { ProtocolError } from "../core/errors.ts";

/** Name and password of an `Authorization` header of scheme Basic (RFC 7617). */
export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

const maxHeaderLength = 8192;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Reads the value of the header. Throws ProtocolError 400 where it is not as RFC 7617 section 2 has it. */
export function parseBasicAuthorization(header: string): BasicCredentials {
  const encoded = header.length > maxHeaderLength ? undefined : /^Basic +([^ ]+) *$/i.exec(header)?.[1];
  const bytes = Buffer.from(encoded ?? "", "base64");
  if (encoded === undefined || !base64.test(encoded)) throw new ProtocolError("the Basic credentials are not base64");
  const text = decodeText(bytes);
  const colon = text.indexOf(":");
  if (colon < 0) throw new ProtocolError("the Basic credentials have no password");
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The value of the header. */
export function formatBasicAuthorization({ name, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${name}:${password}`, "utf8").toString("base64")}`;
}

/** UTF-8 as we ask for; ISO 8859-1 is what some clients send all the same. */
function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
