import type { ReceivedRecord } from "multicast-dns";
import { sameName } from "./names.ts";
import { compareRecords, sameRecord } from "./record-data.ts";
import type { DnsRecord } from "./records.ts";

/** Whether an address record names an address of this machine, on whichever interface. */
export type IsOwnAddress = (record: ReceivedRecord) => boolean;

/** The types that claim a name. */
const claiming: ReadonlySet<string> = new Set(["A", "AAAA", "SRV", "TXT"]);

/** Names that are ours alone, each once. */
export function findUniqueNames(own: readonly DnsRecord[]): readonly string[] {
  return [...new Set(own.filter(({ flush }) => flush).map(({ name }) => name))];
}

/** The name of ours that a response gives to somebody else (RFC 6762 §9); undefined when it does not. */
export function findContested(
  own: readonly DnsRecord[],
  received: readonly ReceivedRecord[],
  isOwnAddress: IsOwnAddress,
): string | undefined {
  const claims = received.filter((record) => record.ttl !== 0 && isForeign(own, record, isOwnAddress));
  return findUniqueNames(own).find((name) => claims.some((claim) => sameName(claim.name, name)));
}

/** The name of ours that somebody who probes for it at the same moment wins (RFC 6762 §8.2). */
export function findLost(
  own: readonly DnsRecord[],
  authorities: readonly ReceivedRecord[],
  isOwnAddress: IsOwnAddress,
): string | undefined {
  return findUniqueNames(own).find((name) => {
    const theirs = authorities.filter((record) => sameName(record.name, name));
    if (!theirs.some((record) => isForeign(own, record, isOwnAddress))) return false;
    return compareRecords(toProbed(own, name), theirs) < 0;
  });
}

/** What we would have under a name, as the authority section of a probe tells. */
export function toProbed(own: readonly DnsRecord[], name: string): readonly DnsRecord[] {
  return own.filter((record) => record.type !== "NSEC" && sameName(record.name, name));
}

/**
 * Claims of ours come back: by multicast loopback, from our other interface in the same network, or through a
 * reflector. They have our data, or, for the host, an address that this machine has on another interface.
 */
function isForeign(own: readonly DnsRecord[], record: ReceivedRecord, isOwnAddress: IsOwnAddress): boolean {
  if (!claiming.has(record.type)) return false;
  if (record.type === "A" || record.type === "AAAA") return !isOwnAddress(record);
  return !own.some((mine) => sameRecord(mine, record));
}
