/** How a program's output begins when it is not MJPEG, and what people call it. */
const signatures: readonly { readonly name: string; matches(start: Buffer): boolean }[] = [
  { name: "H.264 or H.265", matches: isAnnexB },
  { name: "an MP4 file", matches: (start) => start.toString("latin1", 4, 8) === "ftyp" },
  { name: "an MPEG transport stream", matches: (start) => start[0] === 0x47 && start[188] === 0x47 },
  { name: "Matroska or WebM", matches: (start) => start.length >= 4 && start.readUInt32BE() === 0x1a45dfa3 },
  { name: "an AVI file", matches: (start) => start.toString("latin1", 0, 4) === "RIFF" },
  { name: "Flash video", matches: (start) => start.toString("latin1", 0, 3) === "FLV" },
  { name: "raw YUV4MPEG video", matches: (start) => start.toString("latin1", 0, 9) === "YUV4MPEG2" },
  { name: "PNG pictures", matches: (start) => start.toString("latin1", 1, 4) === "PNG" },
];

/** How many bytes {@link recogniseOutput} wants to see. */
export const recognisableBytes = 189;

/** What the first bytes of a stream are, in words for a person; undefined when they are nothing known (or MJPEG). */
export function recogniseOutput(start: Buffer): string | undefined {
  return signatures.find((signature) => signature.matches(start))?.name;
}

/** A start code followed by an H.264 or H.265 NAL unit header, whose first bit is 0. */
function isAnnexB(start: Buffer): boolean {
  const zeros = start.findIndex((byte) => byte !== 0);
  if (zeros < 2 || start[zeros] !== 1) return false;
  const header = start[zeros + 1];
  return header !== undefined && header !== 0 && header < 0x80;
}
