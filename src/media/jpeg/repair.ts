import { ProtocolError } from "../../core/errors.ts";
import { standardHuffmanTables } from "./huffman-tables.ts";
import { Marker, decodeFrameSize, findMarker, isFrameHeader, readSegment, type Segment } from "./markers.ts";

/** A picture that every decoder takes. */
export interface RepairedJpeg {
  /** From SOI to EOI. The very buffer that came in (or a view of it) where nothing within had to change. */
  readonly bytes: Buffer;
  /** Pixels, from the frame header. */
  readonly width: number;
  /** Pixels, from the frame header. */
  readonly height: number;
}

/** Shorter than the headers of a frame without Huffman tables: never a picture. */
const MIN_FRAME_BYTES = 150;

const AVI1 = Buffer.from("AVI1");
const JFIF = Buffer.from("JFIF\0");
const PICTURE_START = Buffer.from([0xff, Marker.SOI, 0xff]);
const NOTHING = Buffer.alloc(0);
/** JFIF 1.01, no density, no thumbnail. */
const jfifSegment = Buffer.from("ffe000104a46494600010100000100010000", "hex");

/** `bytes[start..end)` is to become `by`. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly by: Buffer;
}

interface Header {
  readonly width: number;
  readonly height: number;
  /** Offset of the first scan's entropy-coded data. */
  readonly dataStart: number;
  /** In the order of their offsets, not overlapping. */
  readonly changes: readonly Change[];
}

/**
 * Makes one frame of a camera what every decoder takes: the typical Huffman tables put in where there are none, an AVI1
 * segment turned to JFIF, a thumbnail in APP0 or APP1 taken out (with its segment, so that the first SOI and EOI are the
 * picture's own), all bytes after the picture's EOI cut off. All else stays byte for byte.
 * Throws ProtocolError for what is no whole picture. Never writes to `bytes`.
 */
export function repairJpeg(bytes: Buffer): RepairedJpeg {
  if (bytes.length < MIN_FRAME_BYTES) throw new ProtocolError(`JPEG: ${bytes.length} bytes are too short`);
  if (bytes[0] !== 0xff || bytes[1] !== Marker.SOI) throw new ProtocolError("JPEG: does not begin with SOI");
  const { width, height, dataStart, changes } = surveyHeader(bytes);
  const end = findEnd(bytes, dataStart);
  return { bytes: changes.length > 0 ? apply(bytes, changes, end) : cutOff(bytes, end), width, height };
}

function surveyHeader(bytes: Buffer): Header {
  const changes: Change[] = [];
  let frame: Segment | undefined;
  let hasHuffman = false;
  let hasQuantisation = false;
  let hasJfif = false;
  let segment = readSegment(bytes, 2);
  for (; segment.marker !== Marker.SOS; segment = readSegment(bytes, segment.end)) {
    const { marker, start, end } = segment;
    if (marker === Marker.DHT) hasHuffman = true;
    else if (marker === Marker.DQT) hasQuantisation = true;
    else if (isFrameHeader(marker)) frame ??= segment;
    else if (startsWith(bytes, segment, Marker.APP0, JFIF)) hasJfif = true;
    else if (startsWith(bytes, segment, Marker.APP0, AVI1)) {
      changes.push({ start, end, by: hasJfif ? NOTHING : jfifSegment });
      hasJfif = true;
    } else if (hasThumbnail(bytes, segment)) changes.push({ start, end, by: NOTHING });
  }
  if (!frame) throw new ProtocolError("JPEG: no frame header before the first scan");
  if (!hasQuantisation) throw new ProtocolError("JPEG: no quantisation tables");
  if (!hasHuffman && needsHuffman(frame.marker)) changes.push(huffmanBefore(frame, segment));
  return { ...decodeFrameSize(bytes, frame), dataStart: segment.end, changes };
}

function startsWith(bytes: Buffer, segment: Segment, marker: number, text: Buffer): boolean {
  if (segment.marker !== marker || segment.end - segment.payload < text.length) return false;
  return bytes.compare(text, 0, text.length, segment.payload, segment.payload + text.length) === 0;
}

/** EXIF keeps its thumbnail in APP1, JFXX in APP0. */
function hasThumbnail(bytes: Buffer, { marker, payload, end }: Segment): boolean {
  if (marker !== Marker.APP0 && marker !== Marker.APP0 + 1) return false;
  return bytes.subarray(payload, end).includes(PICTURE_START);
}

/** SOF9 and above are coded arithmetically. */
function needsHuffman(frameHeader: number): boolean {
  return frameHeader < 0xc9;
}

/** The typical tables are those of sequential coding; nobody leaves out others. */
function huffmanBefore(frame: Segment, scan: Segment): Change {
  if (frame.marker !== Marker.SOF0 && frame.marker !== Marker.SOF1) throw new ProtocolError("JPEG: no Huffman tables");
  return { start: scan.start, end: scan.start, by: standardHuffmanTables };
}

/** Offset behind the EOI that ends the picture whose first scan's data begins at `dataStart`. */
function findEnd(bytes: Buffer, dataStart: number): number {
  let at = findMarker(bytes, dataStart);
  if (at === dataStart && at < bytes.length) throw new ProtocolError("JPEG: the first scan is empty");
  for (;;) {
    const marker = bytes[at + 1];
    if (marker === undefined) throw new ProtocolError("JPEG: cut off before EOI");
    if (marker === Marker.EOI) return at + 2;
    if (!mayStandBetweenScans(marker)) {
      throw new ProtocolError(`JPEG: marker ${marker.toString(16)} at offset ${at} within the picture`);
    }
    at = findMarker(bytes, readSegment(bytes, at).end);
  }
}

function mayStandBetweenScans(marker: number): boolean {
  const isTable = marker === Marker.DHT || marker === 0xcc || (marker >= Marker.SOS && marker <= 0xdd);
  return isTable || (marker >= Marker.APP0 && marker <= Marker.APP15) || marker === 0xfe;
}

function cutOff(bytes: Buffer, end: number): Buffer {
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}

function apply(bytes: Buffer, changes: readonly Change[], end: number): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const change of changes) {
    pieces.push(bytes.subarray(from, change.start), change.by);
    from = change.end;
  }
  pieces.push(bytes.subarray(from, end));
  return Buffer.concat(pieces);
}
