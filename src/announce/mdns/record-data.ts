import type { ReceivedRecord } from "multicast-dns";
import { sameName } from "./names.ts";
import type { DnsRecord, SrvData } from "./records.ts";

/** Numbers of the types we speak (RFC 6762 §8.2 orders by them). */
const typeNumbers: Readonly<Record<string, number>> = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 };

/** A record's data as bytes, names in lower case and uncompressed; undefined for a type we do not speak. */
export function encodeData(record: ReceivedRecord | DnsRecord): Buffer | undefined {
  const known = record as DnsRecord;
  switch (known.type) {
    case "A":
      return Buffer.from(known.data.split(".").map(Number));
    case "AAAA":
      return encodeIpv6(known.data);
    case "PTR":
      return encodeName(known.data);
    case "SRV":
      return encodeSrv(known.data);
    case "TXT":
      return Buffer.concat(known.data.flatMap((item) => [Buffer.from([item.length]), item]));
    default:
      return undefined;
  }
}

/** Same name, type and data; the time to live may differ. */
export function sameRecord(a: ReceivedRecord | DnsRecord, b: ReceivedRecord | DnsRecord): boolean {
  if (a.type !== b.type || !sameName(a.name, b.name)) return false;
  const [dataA, dataB] = [encodeData(a), encodeData(b)];
  return dataA !== undefined && dataB !== undefined && dataA.equals(dataB);
}

/** Those of `records` that are not among `others`; NSEC, which follows from the rest, aside. */
export function findMissing(records: readonly DnsRecord[], others: readonly DnsRecord[]): readonly DnsRecord[] {
  return records
    .filter(({ type }) => type !== "NSEC")
    .filter((record) => !others.some((other) => sameRecord(record, other)));
}

/** RFC 6762 §8.2.1: negative when the first list, put in order, comes before the second. */
export function compareRecords(
  a: readonly (ReceivedRecord | DnsRecord)[],
  b: readonly (ReceivedRecord | DnsRecord)[],
): number {
  const [keysA, keysB] = [sortKeys(a), sortKeys(b)];
  for (const [index, key] of keysA.entries()) {
    const other = keysB[index];
    if (other === undefined) return 1;
    const order = Buffer.compare(key, other);
    if (order !== 0) return order;
  }
  return keysA.length - keysB.length;
}

function sortKeys(records: readonly (ReceivedRecord | DnsRecord)[]): Buffer[] {
  return records
    .flatMap((record) => {
      const data = encodeData(record);
      return data ? [Buffer.concat([Buffer.from([typeNumbers[record.type] ?? 0]), data])] : [];
    })
    .sort((a, b) => Buffer.compare(a, b));
}

function encodeSrv({ priority, weight, port, target }: SrvData): Buffer {
  const head = Buffer.alloc(6);
  [priority, weight, port].forEach((value, index) => head.writeUInt16BE(value, index * 2));
  return Buffer.concat([head, encodeName(target)]);
}

function encodeName(name: string): Buffer {
  const labels = name.toLowerCase().split(".");
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]),
    Buffer.of(0),
  ]);
}

function encodeIpv6(text: string): Buffer {
  const [head = "", tail = ""] = text.split("::").map((part) => part.toLowerCase());
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [front, back] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => 0);
  return Buffer.from([...front, ...zeros, ...back].flatMap((group) => [group >> 8, group & 0xff]));
}
