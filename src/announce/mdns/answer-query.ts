import type { Question, ReceivedPacket, ReceivedRecord } from "multicast-dns";
import { sameName } from "./names.ts";
import { sameRecord } from "./record-data.ts";
import type { DnsRecord } from "./records.ts";

export interface Answer {
  readonly answers: readonly DnsRecord[];
  /** What whoever asked will ask for next (RFC 6763 §12). */
  readonly additionals: readonly DnsRecord[];
}

/** What these records have to say to a query; undefined when nothing, or nothing that it does not know already. */
export function answerQuery(records: readonly DnsRecord[], query: ReceivedPacket): Answer | undefined {
  const matching = new Set(query.questions.flatMap((question) => findMatching(records, question)));
  const answers = [...matching].filter((record) => !query.answers.some((known) => isKnown(record, known)));
  if (answers.length === 0) return undefined;
  const additionals = new Set(answers.flatMap((record) => findFollowing(records, record)));
  return { answers, additionals: [...additionals].filter((record) => !matching.has(record)) };
}

function findMatching(records: readonly DnsRecord[], { name, type, class: kind = "IN" }: Question): DnsRecord[] {
  if (kind !== "IN" && kind !== "ANY") return [];
  const named = records.filter((record) => sameName(record.name, name));
  const ofType = named.filter((record) => (type === "ANY" ? record.type !== "NSEC" : record.type === type));
  return ofType.length > 0 ? ofType : named.filter((record) => record.type === "NSEC");
}

/** RFC 6762 §7.1: an answer that the asker has, with at least half of its time left, is not given again. */
function isKnown(record: DnsRecord, known: ReceivedRecord): boolean {
  return (known.ttl ?? 0) * 2 >= record.ttl && sameRecord(record, known);
}

function findFollowing(records: readonly DnsRecord[], record: DnsRecord): readonly DnsRecord[] {
  const at = (name: string) => records.filter((other) => sameName(other.name, name));
  if (record.type === "PTR") {
    const service = at(record.data).filter(({ type }) => type === "SRV" || type === "TXT");
    return [...service, ...service.flatMap((found) => findFollowing(records, found))];
  }
  if (record.type === "SRV") return completeAddresses(at(record.data.target));
  return record.type === "A" || record.type === "AAAA" ? completeAddresses(at(record.name)) : [];
}

/** A host's addresses; when a family is missing, also that it is, lest the asker waits for it (RFC 6762 §6.1). */
function completeAddresses(host: readonly DnsRecord[]): readonly DnsRecord[] {
  const isComplete = ["A", "AAAA"].every((wanted) => host.some(({ type }) => type === wanted));
  return isComplete ? host.filter(({ type }) => type !== "NSEC") : host;
}
