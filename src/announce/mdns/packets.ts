import type { Packet, ReceivedPacket } from "multicast-dns";
import type { Answer } from "./answer-query.ts";
import { findUniqueNames, toProbed } from "./conflicts.ts";
import { typeEnumeration, type DnsRecord } from "./records.ts";

/** RFC 6762 §6.7: what a plain resolver is told lives this long, in seconds. */
const legacyTtl = 10;

/** RFC 6762 §8.1: whose are these names? And what we would do with them. */
export function createProbe(records: readonly DnsRecord[]): Packet {
  const names = findUniqueNames(records);
  return {
    questions: names.map((name) => ({ name, type: "ANY" })),
    authorities: names.flatMap((name) => toProbed(records, name)).map((record) => ({ ...record, flush: false })),
  };
}

/** RFC 6762 §8.3: everything, but what is not there. */
export function createAnnouncement(records: readonly DnsRecord[]): Packet {
  return { answers: records.filter(({ type }) => type !== "NSEC") };
}

/** RFC 6762 §10.1: time to live 0. The list of types is everybody's. */
export function createGoodbye(records: readonly DnsRecord[]): Packet {
  const said = records.filter(({ type, name }) => type !== "NSEC" && name !== typeEnumeration);
  return { answers: said.map((record) => ({ ...record, ttl: 0 })) };
}

/** RFC 6762 §6.7: for a plain resolver, which wants its question back and must not take our word for long. */
export function createLegacyAnswer({ id, questions }: ReceivedPacket, { answers, additionals }: Answer): Packet {
  const toBrief = (record: DnsRecord) => ({ ...record, ttl: Math.min(record.ttl, legacyTtl), flush: false });
  return { id, questions, answers: answers.map(toBrief), additionals: additionals.map(toBrief) };
}
