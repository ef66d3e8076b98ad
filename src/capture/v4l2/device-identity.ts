/** The names udev gave to one video node, without their directory. */
export interface DeviceLinks {
  /** Names in /dev/v4l/by-id. */
  readonly byId: readonly string[];
  /** Names in /dev/v4l/by-path. */
  readonly byPath: readonly string[];
}

/** What a camera is told apart by. */
export interface DeviceNames extends DeviceLinks {
  readonly card: string;
  readonly busInfo: string;
}

/** Lower case, everything but letters and digits one hyphen: `[a-z0-9-]*`. */
function toSlug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** `usb-046d_HD_Pro_Webcam_C920_8F7B-video-index0` -> `046d-hd-pro-webcam-c920-8f7b`; further indices stay: `…-index2`. */
function linkSlug(link: string): string {
  return toSlug(
    link
      .replace(/^usb-/, "")
      .replace(/-video-index0$/, "")
      .replace(/-video-(index\d+)$/, "-$1"),
  );
}

/**
 * The same id after every replug and restart: from the by-id name, else from the by-path name (the same port), else from card
 * and bus. `[a-z0-9-]+`, not yet unique: see {@link uniqueId}.
 */
export function cameraId({ byId, byPath, card, busInfo }: DeviceNames): string {
  const link = byId.toSorted()[0] ?? byPath.toSorted()[0];
  const slug = link === undefined ? toSlug(`${card} ${busInfo}`) : linkSlug(link);
  return slug === "" ? "camera" : slug;
}

/**
 * What tells this camera from every other that may be plugged in at the same node: the by-id name (with the serial number,
 * where it has one), else the port and what is there.
 */
export function physicalIdentity({ byId, byPath, card, busInfo }: DeviceNames): string {
  return byId.toSorted()[0] ?? `${byPath.toSorted()[0] ?? busInfo} ${card}`.trim();
}

/** `id`, or `id-2`, `id-3`, … where it is taken already. */
export function uniqueId(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  let count = 2;
  while (taken.has(`${id}-${count}`)) count += 1;
  return `${id}-${count}`;
}

/** What people call it: the card's text, or the id where there is none. uvcvideo says some twice: `C920: C920`. */
export function cameraName(card: string, id: string): string {
  const text = card.trim();
  const [first, rest] = text.split(/: (.*)/);
  const isTwice = first !== undefined && rest !== undefined && rest !== "" && first.startsWith(rest.trim());
  return (isTwice ? first : text) || id;
}
