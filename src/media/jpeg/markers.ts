import { ProtocolError } from "../../core/errors.ts";

/** Second bytes of the JPEG markers we look at (ITU-T T.81, table B.1). */
export const Marker = {
  SOF0: 0xc0,
  SOF1: 0xc1,
  DHT: 0xc4,
  RST0: 0xd0,
  RST7: 0xd7,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DQT: 0xdb,
  APP0: 0xe0,
  APP15: 0xef,
} as const;

/** One marker segment. `bytes[start]` is its 0xFF, `end` the offset after its last byte. */
export interface Segment {
  readonly marker: number;
  readonly start: number;
  /** Offset of the first byte after the length field. */
  readonly payload: number;
  readonly end: number;
}

/** True for the frame headers SOF0–SOF15, among which DHT, JPG and DAC are not. */
export function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** True for the markers that begin a segment with a length: not RST0–RST7, SOI, EOI, nor what T.81 keeps reserved. */
export function hasLength(marker: number): boolean {
  return marker >= Marker.SOF0 && marker !== 0xff && (marker < Marker.RST0 || marker > Marker.EOI);
}

/**
 * The segment at `offset`, fill bytes before it skipped (T.81 B.1.1.2). Throws ProtocolError where no segment with a
 * length begins or where it ends behind the bytes.
 */
export function readSegment(bytes: Uint8Array, offset: number): Segment {
  if (bytes[offset] !== 0xff) throw new ProtocolError(`JPEG: no marker at offset ${offset}`);
  let start = offset;
  while (bytes[start + 1] === 0xff) start++;
  const marker = bytes[start + 1];
  const high = bytes[start + 2];
  const low = bytes[start + 3];
  if (marker === undefined) throw new ProtocolError("JPEG: cut off between segments");
  if (!hasLength(marker)) throw new ProtocolError(`JPEG: marker ${marker.toString(16)} at offset ${start}`);
  if (high === undefined || low === undefined) throw new ProtocolError("JPEG: cut off between segments");
  const end = start + 2 + high * 256 + low;
  if (end < start + 4) throw new ProtocolError(`JPEG: segment at offset ${start} has no length`);
  if (end > bytes.length) throw new ProtocolError("JPEG: cut off within a segment");
  return { marker, start, payload: start + 4, end };
}

/**
 * Offset of the next marker in entropy-coded data from `offset` on, stuffed zeros, restart markers and fill bytes
 * passed over. Where there is none: the offset from which to look again once there are more bytes (`bytes.length`, or
 * one less when the last byte is a 0xFF).
 */
export function findMarker(bytes: Buffer, offset: number): number {
  const last = bytes.length - 1;
  let at = bytes.indexOf(0xff, offset);
  while (at >= 0 && at < last) {
    const next = bytes[at + 1] ?? 0;
    const isData = next === 0 || (next >= Marker.RST0 && next <= Marker.RST7);
    if (!isData && next !== 0xff) return at;
    at = bytes.indexOf(0xff, isData ? at + 2 : at + 1);
  }
  return at === last ? last : bytes.length;
}

/** Width and height in pixels from a frame header. Throws ProtocolError when it is too short or says zero. */
export function decodeFrameSize(bytes: Uint8Array, header: Segment): { width: number; height: number } {
  const at = header.payload;
  if (header.end - at < 6) throw new ProtocolError("JPEG: frame header is too short");
  const height = (bytes[at + 1] ?? 0) * 256 + (bytes[at + 2] ?? 0);
  const width = (bytes[at + 3] ?? 0) * 256 + (bytes[at + 4] ?? 0);
  const components = bytes[at + 5] ?? 0;
  if (width === 0 || height === 0) throw new ProtocolError(`JPEG: a picture of ${width}x${height}`);
  if (components === 0 || header.end - at !== 6 + 3 * components) {
    throw new ProtocolError("JPEG: frame header of the wrong length");
  }
  return { width, height };
}
