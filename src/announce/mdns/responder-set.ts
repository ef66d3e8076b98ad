import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { LinkTroubles } from "./link-troubles.ts";
import type { MdnsNetwork } from "./mdns-network.ts";
import { findLinks, type NetworkLink } from "./network-links.ts";
import { OwnAddresses } from "./own-addresses.ts";
import type { OwnNames } from "./own-names.ts";
import { createRecords, type AnnouncedService, type DnsRecord } from "./records.ts";
import { Responder } from "./responder.ts";

interface ResponderSetOptions {
  readonly network: MdnsNetwork;
  readonly names: OwnNames;
  /** What the HTTP server listens on. */
  readonly host: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Something was announced, or failed, or goes by another name. */
  readonly onChange: () => void;
}

/** RFC 6762 §8.1: after this many names that were taken, five seconds pass before each further one. */
const manyConflicts = 15;
const manyConflictsMs = 5_000;

/** One responder for each link; all say the same, each with the addresses of its own link. */
export class ResponderSet {
  readonly #options: ResponderSetOptions;
  readonly #troubles: LinkTroubles;
  readonly #ownAddresses = new OwnAddresses();
  readonly #responders = new Map<string, Responder>();
  #services: readonly AnnouncedService[] = [];
  #links: readonly NetworkLink[] = [];
  #conflicts = 0;

  constructor(options: ResponderSetOptions) {
    this.#options = options;
    this.#troubles = new LinkTroubles(options.clock, options.log);
  }

  /** The interfaces through which we can be found. */
  get links(): readonly NetworkLink[] {
    return this.#links;
  }

  /** The trouble there is, when there is one. */
  get trouble(): string | undefined {
    return this.#troubles.reason;
  }

  /** How many work, or may yet. */
  get size(): number {
    return this.#responders.size;
  }

  /** The interfaces on which everything is announced. */
  listAnnounced(): readonly string[] {
    return [...this.#responders].flatMap(([name, { state }]) => (state === "announced" ? [name] : []));
  }

  /** Looks at the network, and announces these services on the links that it has now. */
  follow(services: readonly AnnouncedService[]): void {
    this.#services = services;
    this.#links = this.#findLinks();
    this.#troubles.keep(this.#links.map(({ name }) => name));
    this.#closeUnusable();
    if (services.length === 0) return;
    for (const link of this.#links) this.#serve(link);
  }

  /** Says goodbye on every link. Until {@link close}, nothing else is said. */
  async withdraw(): Promise<void> {
    await Promise.all([...this.#responders.values()].map((responder) => responder.withdraw()));
  }

  close(): void {
    for (const responder of this.#responders.values()) responder.close();
    this.#responders.clear();
  }

  #findLinks(): readonly NetworkLink[] {
    const { network, host } = this.#options;
    const interfaces = network.interfaces();
    this.#ownAddresses.update(interfaces);
    return findLinks(interfaces, host);
  }

  /** A socket sends from the address it was opened for, and has joined on the interface that was there then. */
  #closeUnusable(): void {
    for (const [name, responder] of this.#responders) {
      const link = this.#links.find((candidate) => candidate.name === name);
      const isSame = this.#services.length > 0 && link?.address === responder.link.address;
      if (isSame && (responder.state === "opening" || this.#options.network.isJoined(name))) continue;
      responder.close();
      this.#responders.delete(name);
    }
  }

  #serve(link: NetworkLink): void {
    const responder = this.#responders.get(link.name);
    if (responder) responder.use(link, this.#recordsFor(link));
    else if (this.#troubles.isDue(link.name)) this.#open(link);
    if (responder?.state === "announced") this.#troubles.works(link.name);
  }

  #open(link: NetworkLink): void {
    const { network, clock, log, onChange } = this.#options;
    const responder = new Responder(link, this.#recordsFor(link), {
      open: (listener) => network.open(link.address, listener),
      port: network.port,
      clock,
      isOwnAddress: (record) => this.#ownAddresses.has(record),
      onAnnounced: () => {
        this.#conflicts = 0;
        onChange();
      },
      onConflict: (name) => this.#rename(name),
      onFailure: (error) => this.#failed(link, error),
    });
    log.debug({ interface: link.name, addresses: link.addresses }, "mDNS begins");
    this.#responders.set(link.name, responder);
    void responder.open();
  }

  /** That a network cannot be reached which has just gone, or changed, is no trouble: {@link follow} will see to it. */
  #failed(link: NetworkLink, error: Error): void {
    this.#responders.delete(link.name);
    if (this.#isThere(link)) this.#troubles.failed(link.name, error);
    this.#options.onChange();
  }

  #isThere({ name, address }: NetworkLink): boolean {
    try {
      return this.#findLinks().some((link) => link.name === name && link.address === address);
    } catch {
      return false; // follow() will meet with the same, and tell
    }
  }

  #rename(contested: string): void {
    const { names, log, onChange } = this.#options;
    if (!names.leave(contested)) return;
    this.#conflicts += 1;
    log.info({ contested, name: names.instance }, `mDNS: the name ${contested} is taken by somebody else`);
    const delayMs = this.#conflicts > manyConflicts ? manyConflictsMs : 0;
    for (const responder of this.#responders.values()) {
      responder.use(responder.link, this.#recordsFor(responder.link), delayMs);
    }
    onChange();
  }

  #recordsFor({ addresses }: NetworkLink): readonly DnsRecord[] {
    const { instance, host } = this.#options.names;
    return createRecords({ instance, host, services: this.#services, addresses });
  }
}
