import { StringDecoder } from "node:string_decoder";
import { hideSecrets } from "./command-secrets.ts";

const maxLines = 4;
const maxLineCharacters = 200;

/** Passwords in URLs (`rtsp://user:password@host`) become `***`: commands and their output end up in logs and pages. */
export function maskCredentials(text: string): string {
  return text.replaceAll(/(\w:\/\/[^\s:/@]*:)[^\s/]+@/g, "$1***@");
}

/** The last lines a program wrote to stderr, bounded in number and length, without control characters and passwords. */
export class StderrTail {
  readonly #secrets: readonly string[];
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines: string[] = [];
  #partial = "";

  /** `secrets`: what is hidden wherever it stands. */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = secrets;
  }

  /** Takes what came and returns the lines it completed. A carriage return ends a line too (progress displays). */
  push(chunk: Buffer): readonly string[] {
    const pieces = (this.#partial + this.#decoder.write(chunk)).split(/[\r\n]+/);
    this.#partial = (pieces.pop() ?? "").slice(0, 2 * maxLineCharacters);
    const lines = pieces.map((line) => this.#clean(line)).filter((line) => line !== "");
    this.#lines.push(...lines.slice(-maxLines));
    this.#lines.splice(0, this.#lines.length - maxLines);
    return lines;
  }

  /** The last lines, the oldest first, including one that was not ended. */
  lines(): readonly string[] {
    const last = this.#clean(this.#partial);
    return last === "" ? [...this.#lines] : [...this.#lines, last].slice(-maxLines);
  }

  #clean(line: string): string {
    // oxlint-disable-next-line no-control-regex -- terminal colours and control characters are what is removed here
    const plain = line.replaceAll(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u001f\u007f]/g, "").trim();
    const masked = maskCredentials(hideSecrets(plain, this.#secrets));
    return masked.length > maxLineCharacters ? `${masked.slice(0, maxLineCharacters)}…` : masked;
  }
}
