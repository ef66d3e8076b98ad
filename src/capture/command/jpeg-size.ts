import { ProtocolError } from "../../core/errors.ts";
import { decodeFrameSize, isFrameHeader, Marker, readSegment } from "../../media/jpeg/markers.ts";

/** Width and height in pixels from a picture's frame header; undefined when it has none that can be read. */
export function readJpegSize(picture: Buffer): { readonly width: number; readonly height: number } | undefined {
  try {
    let segment = readSegment(picture, 2);
    while (!isFrameHeader(segment.marker)) {
      if (segment.marker === Marker.SOS) return undefined;
      segment = readSegment(picture, segment.end);
    }
    return decodeFrameSize(picture, segment);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
