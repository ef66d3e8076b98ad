import { ProtocolError } from "../../core/errors.ts";

/**
 * multipart/x-mixed-replace as cameras speak it: every part replaces the one before. Framing: the opening boundary first,
 * Content-Length in each part, the next boundary in the same write as the picture so that the part is known to be complete.
 */
export interface PartHead {
  /** Length of the body; undefined where it is not announced (`advance_headers`). */
  readonly lengthBytes: number | undefined;
  /** Every header of the part, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One part with its body. */
export interface Part extends PartHead {
  readonly body: Buffer;
}

/** The boundary token all MJPEG servers use since mjpg-streamer; also what scripts and VLC search for. */
export const mjpegBoundary = "boundarydonotcross";

const maxHeadBytes = 8 * 1024;
const blankLine = Buffer.from("\r\n\r\n");

/** The delimiter line, with the line end that closes the part before it unless it is the first. */
export function formatDelimiter(boundary: string, first: boolean): string {
  return `${first ? "" : "\r\n"}--${boundary}\r\n`;
}

/** The head of one JPEG part: `Content-Type`, `Content-Length` unless unknown, then `extra`, then the blank line. */
export function formatJpegPartHead(lengthBytes: number | undefined, extra: string): string {
  const length = lengthBytes === undefined ? "" : `Content-Length: ${lengthBytes}\r\n`;
  return `Content-Type: image/jpeg\r\n${length}${extra}\r\n`;
}

/**
 * Reads a mixed-replace body in any chunking. Parts without Content-Length end at the next delimiter. Throws ProtocolError
 * for a body that is not multipart, for a head over 8 KiB and for a part over `maxPartBytes`.
 */
export class MixedReplaceDecoder {
  readonly #delimiter: Buffer;
  readonly #maxPartBytes: number;
  #pending: Buffer = Buffer.alloc(0);
  #head: PartHead | undefined;
  #failure: ProtocolError | undefined;
  #opened = false;
  #scannedBytes = 0;

  constructor(boundary: string, maxPartBytes: number) {
    this.#delimiter = Buffer.from(`--${boundary}`);
    this.#maxPartBytes = maxPartBytes;
  }

  /** The parts that `chunk` completes, in order. What is wrong behind them is thrown by the next call. */
  push(chunk: Buffer): Part[] {
    this.end();
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const parts: Part[] = [];
    try {
      for (let part = this.#take(); part; part = this.#take()) parts.push(part);
    } catch (error) {
      if (!(error instanceof ProtocolError) || parts.length === 0) throw error;
      this.#failure = error;
    }
    return parts;
  }

  /** Throws what was wrong behind the last part, if anything was. */
  end(): readonly Part[] {
    if (this.#failure) throw this.#failure;
    return [];
  }

  #take(): Part | undefined {
    this.#head ??= this.#takeHead();
    const body = this.#head && this.#takeBody(this.#head);
    if (!this.#head || !body) return undefined;
    const part = { ...this.#head, body };
    this.#head = undefined;
    this.#scannedBytes = 0;
    return part;
  }

  #takeHead(): PartHead | undefined {
    const start = this.#skipDelimiter();
    if (start === undefined) return undefined;
    const end = this.#pending.indexOf(blankLine, start);
    if (end === -1 || end - start > maxHeadBytes) {
      if (this.#pending.length - start > maxHeadBytes) throw new ProtocolError("a part's head is over 8 KiB");
      return undefined;
    }
    const head = parseHead(this.#pending.toString("latin1", start, end), this.#maxPartBytes);
    this.#pending = this.#pending.subarray(end + blankLine.length);
    return head;
  }

  /** Offset behind the delimiter line, undefined while it is not there whole. */
  #skipDelimiter(): number | undefined {
    const line = Buffer.concat([Buffer.from(this.#opened ? "\r\n" : ""), this.#delimiter, Buffer.from("\r\n")]);
    const there = this.#pending.subarray(0, line.length);
    if (!there.equals(line.subarray(0, there.length))) throw new ProtocolError("no boundary where one must stand");
    if (there.length < line.length) return undefined;
    return line.length;
  }

  #takeBody(head: PartHead): Buffer | undefined {
    const lengthBytes = head.lengthBytes ?? this.#findEnd();
    if (lengthBytes === undefined || this.#pending.length < lengthBytes) return undefined;
    const body = this.#pending.subarray(0, lengthBytes);
    this.#pending = this.#pending.subarray(lengthBytes);
    this.#opened = true;
    return body;
  }

  #findEnd(): number | undefined {
    const needle = Buffer.concat([Buffer.from("\r\n"), this.#delimiter]);
    const end = this.#pending.indexOf(needle, this.#scannedBytes);
    if (end === -1) this.#scannedBytes = Math.max(0, this.#pending.length - needle.length + 1);
    if ((end === -1 ? this.#scannedBytes : end) > this.#maxPartBytes) throw tooLarge(this.#maxPartBytes);
    return end === -1 ? undefined : end;
  }
}

function parseHead(text: string, maxPartBytes: number): PartHead {
  const headers: Record<string, string> = {};
  for (const line of text === "" ? [] : text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw new ProtocolError(`not a header line: ${JSON.stringify(line.slice(0, 80))}`);
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = headers["content-length"];
  if (length === undefined) return { headers, lengthBytes: undefined };
  if (!/^\d{1,15}$/.test(length)) throw new ProtocolError(`Content-Length is ${JSON.stringify(length)}`);
  if (Number(length) > maxPartBytes) throw tooLarge(maxPartBytes);
  return { headers, lengthBytes: Number(length) };
}

function tooLarge(maxPartBytes: number): ProtocolError {
  return new ProtocolError(`a part is over ${maxPartBytes} bytes`, 413);
}
