import { createHash, createHmac, randomInt, timingSafeEqual } from "node:crypto";

/** Without the characters that are taken for one another. */
const alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A password of 20 characters, 115 bits: letters and digits only, for every player and every shell. */
export function makePassword(): string {
  return Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** SHA-256, hexadecimal: enough for what is random and long, such as a token. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/** HMAC-SHA-256, base64url, 43 characters. */
export function sign(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text, "utf8").digest("base64url");
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function isSameText(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash("sha256").update(text, "utf8").digest());
  return timingSafeEqual(first ?? Buffer.alloc(0), second ?? Buffer.alloc(0)) && a === b;
}
