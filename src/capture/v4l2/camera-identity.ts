import { lstat, readlink, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { physicalIdentity, type DeviceLinks } from "./device-identity.ts";
import { listLinks, queryCapture } from "./devices.ts";
import type { Libc } from "./libc.ts";

/** By then udev has named a new node, and taken the names of the one before away. */
const settledMs = 1_000;
const pollMs = 50;

/**
 * Which physical camera is open as `fd`; the same answer after every replug. For a node that has just come, udev's names are
 * waited for, and names that are older than the node are those of the camera before. Rejects with SystemCallError.
 */
export async function identifyCamera(libc: Libc, fd: number, clock: Clock, devDirectory = "/dev"): Promise<string> {
  const { card = "", busInfo = "" } = queryCapture(libc, fd) ?? {};
  const node = await readlink(`/proc/self/fd/${fd}`).catch(() => "");
  for (;;) {
    const bornMs = await birthMs(node);
    const isNew = Math.abs(clock.wallMs() - bornMs) < settledMs;
    const links = (await listLinks(devDirectory))(basename(node));
    const own = isNew ? await linksSince(bornMs, links, devDirectory) : links;
    const isNamed = own.byId.length > 0 || (own.byPath.length > 0 && !busInfo.startsWith("usb-"));
    if (isNamed || !isNew) return physicalIdentity({ ...own, card, busInfo });
    await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
  }
}

/** When the kernel made the node; long ago where it is not there. */
async function birthMs(node: string): Promise<number> {
  const made = await stat(node).catch(() => undefined);
  if (!made) return 0;
  return made.birthtimeMs > 0 ? Math.min(made.birthtimeMs, made.ctimeMs) : made.ctimeMs;
}

async function linksSince(bornMs: number, links: DeviceLinks, devDirectory: string): Promise<DeviceLinks> {
  const young = async (kind: string, names: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const name of names) {
      const link = await lstat(`${devDirectory}/v4l/${kind}/${name}`).catch(() => undefined);
      if (link && link.ctimeMs >= bornMs) found.push(name);
    }
    return found;
  };
  return { byId: await young("by-id", links.byId), byPath: await young("by-path", links.byPath) };
}
