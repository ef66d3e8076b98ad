/** 224.0.0.251 as the kernel prints it, on little- and on big-endian machines. */
const group = /^\s+(FB0000E0|E00000FB)\s/i;

/**
 * Whether the interface still receives multicast DNS, by the text of `/proc/net/igmp`. An interface that was replaced by
 * one of the same name and address has joined nothing, and no socket is told.
 */
export function isJoined(table: string, interfaceName: string): boolean {
  let device: string | undefined;
  for (const line of table.split("\n")) {
    const heading = /^\d+\s+(\S+?)\s*:/.exec(line);
    if (heading) device = heading[1];
    else if (device === interfaceName && group.test(line)) return true;
  }
  return false;
}
