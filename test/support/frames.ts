import type { H264Frame, JpegFrame } from "../../src/media/frame.ts";

/** A frame that is a JPEG by name only: for tests that never look inside. */
export function jpegFrame(sequence: number, overrides: Partial<JpegFrame> = {}): JpegFrame {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(200, sequence), Buffer.from([0xff, 0xd9])]);
  const captureTimeNs = BigInt(sequence) * 33_333_333n;
  return { codec: "jpeg", keyframe: true, bytes, width: 64, height: 48, captureTimeNs, sequence, ...overrides };
}

/** An access unit without content. */
export function h264Frame(sequence: number, keyframe: boolean, sizeBytes = 100): H264Frame {
  const captureTimeNs = BigInt(sequence) * 33_333_333n;
  return { codec: "h264", keyframe, bytes: Buffer.alloc(sizeBytes), width: 64, height: 48, captureTimeNs, sequence };
}
