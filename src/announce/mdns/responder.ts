import type { Packet, Peer, ReceivedPacket, ReceivedRecord } from "multicast-dns";
import type { Clock } from "../../core/clock.ts";
import { findContested, findLost, findUniqueNames, type IsOwnAddress } from "./conflicts.ts";
import type { MdnsListener, MdnsSocket } from "./mdns-socket.ts";
import type { NetworkLink } from "./network-links.ts";
import { createAnnouncement, createGoodbye, createProbe } from "./packets.ts";
import { QueryReplies } from "./query-replies.ts";
import { findMissing, sameRecord } from "./record-data.ts";
import type { DnsRecord } from "./records.ts";
import { Timers } from "./timers.ts";

export interface ResponderOptions {
  readonly open: (listener: MdnsListener) => Promise<MdnsSocket>;
  /** Of multicast DNS; who asks from another one is a plain resolver. */
  readonly port: number;
  readonly clock: Clock;
  readonly isOwnAddress: IsOwnAddress;
  readonly onAnnounced: () => void;
  /** While we asked whether the name is free, somebody said it is theirs. */
  readonly onConflict: (name: string) => void;
  /** It is closed. */
  readonly onFailure: (error: Error) => void;
}

type ResponderState = "opening" | "probing" | "announced" | "closed";

/** RFC 6762 §8.1: three questions, 250 ms apart; §8.3: two announcements, a second apart. */
const probes = 3;
const probeGapMs = 250;
const announceGapMs = 1_000;
/** §8.2: whoever lost asks again after that. */
const deferMs = 1_000;
/** §10.1: whoever hears a goodbye waits a second before forgetting. */
const rescueMs = 500;

/** Speaks for us on one link: asks whether our names are free, announces them, answers, and says goodbye. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #timers: Timers;
  readonly #replies: QueryReplies;
  #link: NetworkLink;
  #records: readonly DnsRecord[];
  #state: ResponderState = "opening";
  #socket: MdnsSocket | undefined;
  #isRescuing = false;

  constructor(link: NetworkLink, records: readonly DnsRecord[], options: ResponderOptions) {
    this.#link = link;
    this.#records = records;
    this.#options = options;
    this.#timers = new Timers(options.clock);
    const { port, clock } = options;
    this.#replies = new QueryReplies({ port, clock, send: (packet, to) => void this.#send(packet, to) });
  }

  get link(): NetworkLink {
    return this.#link;
  }

  get state(): ResponderState {
    return this.#state;
  }

  async open(): Promise<void> {
    try {
      const socket = await this.#options.open({
        onQuery: (packet, from) => this.#onQuery(packet, from),
        onResponse: (packet, from) => this.#onResponse(packet, from),
        onFailure: (error) => this.#fail(error),
      });
      if (this.#state === "closed") return socket.close();
      this.#socket = socket;
      this.#probe(Math.random() * probeGapMs);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Speaks for these records from now on. New names are asked for first, after `delayMs`. */
  use(link: NetworkLink, records: readonly DnsRecord[], delayMs = 0): void {
    const previous = this.#records;
    const dropped = findMissing(previous, records);
    this.#link = link;
    if (dropped.length === 0 && findMissing(records, previous).length === 0) return;
    this.#records = records;
    const names = new Set(findUniqueNames(previous));
    const isRenamed = findUniqueNames(records).some((name) => !names.has(name));
    if (this.#state === "announced" && dropped.length > 0) void this.#send(createGoodbye(dropped));
    if (this.#state === "probing" || (this.#state === "announced" && isRenamed)) this.#probe(delayMs);
    else if (this.#state === "announced") this.#announce();
  }

  /** Takes back what was announced; resolves when that is sent. Nothing is answered any more. */
  async withdraw(): Promise<void> {
    const wasAnnounced = this.#state === "announced";
    this.#become("closed");
    if (wasAnnounced) await this.#send(createGoodbye(this.#records));
  }

  close(): void {
    this.#become("closed");
    this.#socket?.close();
    this.#socket = undefined;
  }

  #probe(delayMs: number): void {
    this.#become("probing");
    const ask = (sent: number): void => {
      if (sent === probes) return this.#announce();
      this.#socket?.query(createProbe(this.#records)).catch((error: Error) => this.#fail(error));
      this.#timers.after(probeGapMs, () => ask(sent + 1));
    };
    this.#timers.after(delayMs, () => ask(0));
  }

  #announce(): void {
    this.#become("announced");
    void this.#send(createAnnouncement(this.#records)).then((isSent) => isSent && this.#options.onAnnounced());
    this.#timers.after(announceGapMs, () => void this.#send(createAnnouncement(this.#records)));
  }

  #onQuery(packet: ReceivedPacket, from: Peer): void {
    if (!this.#link.hears(from.address)) return;
    if (this.#state === "probing") {
      const lost = findLost(this.#records, packet.authorities, this.#options.isOwnAddress);
      if (lost !== undefined) this.#probe(deferMs);
    } else if (this.#state === "announced") {
      this.#replies.reply(this.#link, this.#records, packet, from);
    }
  }

  #onResponse(packet: ReceivedPacket, from: Peer): void {
    if (this.#state !== "probing" && this.#state !== "announced") return;
    if (!this.#link.hears(from.address)) return;
    const received = [...packet.answers, ...packet.additionals];
    const contested = findContested(this.#records, received, this.#options.isOwnAddress);
    if (contested === undefined) this.#rescue(received);
    else if (this.#state === "probing") this.#options.onConflict(contested);
    else this.#probe(0); // RFC 6762 §9: both ask again, and one will find the name taken
  }

  /** Somebody said goodbye to what is ours too: our other interface in the same network, or a namesake that gave up. */
  #rescue(received: readonly ReceivedRecord[]): void {
    if (this.#state !== "announced" || this.#isRescuing) return;
    const isOurs = (record: ReceivedRecord) => this.#records.some((own) => sameRecord(own, record));
    if (!received.some((record) => record.ttl === 0 && isOurs(record))) return;
    this.#isRescuing = true;
    this.#timers.after(rescueMs, () => this.#announce());
  }

  /** Whether it was sent, and is still what we say. */
  async #send(packet: Packet, to?: Peer): Promise<boolean> {
    try {
      await this.#socket?.respond(packet, to);
      return this.#state === "announced";
    } catch (error) {
      if (to === undefined) this.#fail(error as Error); // one who cannot be reached is no trouble of ours
      return false;
    }
  }

  #fail(error: Error): void {
    if (this.#state === "closed") return;
    this.close();
    this.#options.onFailure(error);
  }

  #become(state: ResponderState): void {
    this.#timers.cancelAll();
    this.#replies.reset();
    this.#isRescuing = false;
    this.#state = state;
  }
}
