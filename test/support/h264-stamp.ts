/** When a fake camera captured an access unit, and which one it is. */
export interface AccessUnitStamp {
  /** CLOCK_MONOTONIC. */
  readonly captureNs: bigint;
  readonly sequence: number;
}

/** As in test/support/native/frame-stamp.h. */
const uuid = Buffer.from("6d1fc49258b74e3a9c21e8754bd693af", "hex");
const timeDigits = 16;
const digits = timeDigits + 8;

/** The stamps in a piece of H.264 in their order, whatever carries it: Annex B, fragments of MP4, RTP. */
export function readAccessUnitStamps(bytes: Buffer): readonly AccessUnitStamp[] {
  const stamps: AccessUnitStamp[] = [];
  for (let at = bytes.indexOf(uuid); at >= 0; at = bytes.indexOf(uuid, at + uuid.length)) {
    const text = bytes.toString("latin1", at + uuid.length, at + uuid.length + digits);
    if (!/^[0-9a-f]{24}$/.test(text)) continue;
    const captureNs = BigInt(`0x${text.slice(0, timeDigits)}`);
    stamps.push({ captureNs, sequence: Number.parseInt(text.slice(timeDigits), 16) });
  }
  return stamps;
}
