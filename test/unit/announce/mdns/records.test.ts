import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { answerQuery } from "../../../../src/announce/mdns/answer-query.ts";
import { findLost } from "../../../../src/announce/mdns/conflicts.ts";
import { createAnnouncement, createGoodbye, createProbe } from "../../../../src/announce/mdns/packets.ts";
import { compareRecords, encodeData, sameRecord } from "../../../../src/announce/mdns/record-data.ts";
import { createRecords, type DnsRecord } from "../../../../src/announce/mdns/records.ts";
import { receive } from "./fake-network.ts";

const txt = { id: "0123456789ab", path: "/" };
const records = createRecords({
  instance: "Pi",
  host: "pi.local",
  services: [{ type: "_http._tcp", port: 80, txt }],
  addresses: ["192.0.2.1", "192.0.2.2"],
});
const ask = (name: string, type: string, more: object = {}) =>
  answerQuery(records, receive({ questions: [{ name, type, ...more }] }));
const list = (found: readonly DnsRecord[] = []) => found.map(({ name, type }) => `${type} ${name}`);
const service = "Pi._http._tcp.local";

describe("answers", () => {
  for (const [name, type, answers, additionals] of [
    [
      "_http._tcp.local",
      "PTR",
      ["PTR _http._tcp.local"],
      [`SRV ${service}`, `TXT ${service}`, "A pi.local", "A pi.local", "NSEC pi.local"],
    ],
    ["_services._dns-sd._udp.local", "PTR", ["PTR _services._dns-sd._udp.local"], []],
    ["pi._HTTP._tcp.local", "SRV", [`SRV ${service}`], ["A pi.local", "A pi.local", "NSEC pi.local"]],
    [service, "ANY", [`SRV ${service}`, `TXT ${service}`], ["A pi.local", "A pi.local", "NSEC pi.local"]],
    ["pi.local", "A", ["A pi.local", "A pi.local"], ["NSEC pi.local"]],
    ["pi.local", "AAAA", ["NSEC pi.local"], []],
    [service, "AAAA", [`NSEC ${service}`], []],
  ] as const) {
    it(`${type} ${name}`, () => {
      const answer = ask(name, type);
      assert.deepEqual([list(answer?.answers), list(answer?.additionals)], [answers, additionals]);
    });
  }

  it("has none for others' names, other types of shared names, and other classes", () => {
    assert.equal(ask("nas.local", "A"), undefined);
    assert.equal(ask("_http._tcp.local", "TXT"), undefined);
    assert.equal(ask("pi.local", "A", { class: "CH" }), undefined);
  });

  it("does not repeat what the asker knows, unless it soon forgets it", () => {
    const [ptr] = records.filter(({ name }) => name === "_http._tcp.local");
    assert.ok(ptr);
    const questions = [{ name: ptr.name, type: "PTR" }];
    const knowing = (ttl: number) => answerQuery(records, receive({ questions, answers: [{ ...ptr, ttl }] }));
    assert.equal(knowing(ptr.ttl / 2), undefined);
    assert.equal(knowing(ptr.ttl / 2 - 1)?.answers.length, 1);
  });
});

describe("packets", () => {
  it("probe for each name once, with all that it would have and no flush bit", () => {
    const { questions = [], authorities = [] } = createProbe(records);
    assert.deepEqual(
      questions.map(({ name }) => name),
      [service, "pi.local"],
    );
    assert.deepEqual(
      authorities.map(({ type }) => type),
      ["SRV", "TXT", "A", "A"],
    );
    assert.ok(authorities.every((record) => !("flush" in record && record.flush)));
  });

  it("flush what is ours alone, and leave others theirs", () => {
    const flushed = (createAnnouncement(records).answers ?? []).filter((record) => "flush" in record);
    assert.deepEqual(
      flushed.map(({ type }) => type),
      ["SRV", "TXT", "A", "A"],
    );
    assert.ok(!(createGoodbye(records).answers ?? []).some(({ name }) => name.startsWith("_services")));
  });

  it("fit into one datagram, however long the path is", () => {
    const services = [{ type: "_http._tcp", port: 80, txt: { path: `/${"x".repeat(300)}` } }];
    const long = createRecords({ instance: "Pi", host: "pi.local", services, addresses: [] });
    assert.ok(long.every((record) => record.type !== "TXT" || record.data.every((item) => item.length <= 255)));
  });
});

describe("data", () => {
  const record = (type: string, data: unknown) => ({ name: "x", type, data });
  it("is the same however it is written", () => {
    assert.ok(sameRecord(record("AAAA", "2001:db8::1"), record("AAAA", "2001:DB8:0:0:0:0:0:1")));
    assert.ok(sameRecord(record("PTR", "A.local"), record("PTR", "a.LOCAL")));
    assert.ok(!sameRecord(record("A", "192.0.2.65"), record("A", "192.0.2.97")));
    assert.ok(!sameRecord(record("HINFO", "x"), record("HINFO", "x")), "unknown types are never the same");
  });

  it("is in the order of RFC 6762 §8.2", () => {
    const less = (a: ReturnType<typeof record>, b: ReturnType<typeof record>) =>
      assert.ok(compareRecords([a], [b]) < 0);
    less(record("A", "169.254.99.200"), record("A", "169.254.200.50"));
    less(record("A", "255.0.0.0"), record("TXT", []));
    less(record("TXT", [Buffer.from("zzz")]), record("SRV", { priority: 0, weight: 0, port: 1, target: "a" }));
    assert.ok(compareRecords([record("A", "1.1.1.1")], [record("A", "1.1.1.1"), record("A", "1.1.1.2")]) < 0);
    assert.equal(compareRecords([record("A", "1.1.1.1")], [record("A", "1.1.1.1")]), 0);
  });

  it("of an address is its bytes", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        if (text.includes(".")) return;
        assert.equal(encodeData(record("AAAA", text))?.length, 16);
      }),
    );
  });
});

it("of two that probe for a name at once, exactly one gives way", () => {
  const other = createRecords({
    instance: "Pi",
    host: "other.local",
    services: [{ type: "_http._tcp", port: 80, txt }],
    addresses: ["192.0.2.9"],
  });
  const asked = (of: readonly DnsRecord[]) => createProbe(of).authorities ?? [];
  const lost = [findLost(records, asked(other), () => false), findLost(other, asked(records), () => false)];
  assert.deepEqual(
    lost.filter((name) => name !== undefined),
    [service],
  );
  assert.equal(
    findLost(records, asked(records), () => true),
    undefined,
    "our own probe",
  );
});
