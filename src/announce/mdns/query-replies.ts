import type { Packet, Peer, ReceivedPacket } from "multicast-dns";
import type { Clock } from "../../core/clock.ts";
import { answerQuery } from "./answer-query.ts";
import type { NetworkLink } from "./network-links.ts";
import { createLegacyAnswer } from "./packets.ts";
import type { DnsRecord } from "./records.ts";
import { SendLimit } from "./send-limit.ts";
import { Timers } from "./timers.ts";

interface QueryRepliesOptions {
  /** Of multicast DNS; who asks from another one is a plain resolver. */
  readonly port: number;
  readonly clock: Clock;
  /** To everybody, or to one. */
  readonly send: (packet: Packet, to?: Peer) => void;
}

/** RFC 6762 §6: answers that others may give as well do not all come at once. */
const sharedDelayMs = { least: 20, span: 100 } as const;

/** Answers queries: to whom, how often and when. */
export class QueryReplies {
  readonly #options: QueryRepliesOptions;
  readonly #timers: Timers;
  readonly #limit: SendLimit;

  constructor(options: QueryRepliesOptions) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
    this.#limit = new SendLimit(options.clock);
  }

  reply(link: NetworkLink, records: readonly DnsRecord[], query: ReceivedPacket, from: Peer): void {
    const { port, send } = this.#options;
    const answer = answerQuery(records, query);
    if (!answer) return;
    if (from.port !== port && link.covers(from.address)) return send(createLegacyAnswer(query, answer), from);
    const answers = this.#limit.take(answer.answers, query.authorities.length > 0);
    if (answers.length === 0) return;
    const packet = { answers, additionals: answer.additionals };
    if (answers.some(({ flush }) => flush)) send(packet);
    else this.#timers.after(sharedDelayMs.least + Math.random() * sharedDelayMs.span, () => send(packet));
  }

  /** Forgets what is still to be sent, and what was. */
  reset(): void {
    this.#timers.cancelAll();
    this.#limit.reset();
  }
}
