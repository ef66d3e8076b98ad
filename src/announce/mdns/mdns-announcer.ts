import type { Clock } from "../../core/clock.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { Log } from "../../core/log.ts";
import { createMdnsNetwork, type MdnsNetwork } from "./mdns-network.ts";
import { OwnNames } from "./own-names.ts";
import type { AnnouncedService } from "./records.ts";
import { ResponderSet } from "./responder-set.ts";

export interface MdnsOptions {
  /** This bridge's: 12 hexadecimal digits. */
  readonly id: string;
  /** For people: `Sightline on raspberrypi`. */
  readonly name: string;
  readonly version: string;
  /** Where the page is: `/`. */
  readonly path: string;
  /** What the HTTP server listens on: only addresses through which it can be reached are announced. */
  readonly host: string;
  /** The port it listens on; 0 while it does not. */
  readonly http: () => number;
  /** The RTSP server's; undefined or 0 while there is none. */
  readonly rtsp?: () => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly network?: MdnsNetwork;
}

export interface MdnsStatus {
  readonly state: "off" | "announcing" | "announced" | "failed";
  /** The name it has in the network: another than asked for when that was taken. */
  readonly name: string;
  /** Where it is announced, or why it is not. */
  readonly reason: string;
}

export interface MdnsAnnouncer extends Service {
  readonly status: MdnsStatus;
}

/** How often interfaces and ports are looked at: nothing tells of their changes without a native module. */
const pollMs = 2_000;
/** {@link MdnsAnnouncer.stop} waits this long for the goodbye to leave. */
const goodbyeMs = 500;

/**
 * Announces `_http._tcp` and, while there is a port for it, `_rtsp._tcp` on every interface on which we can be found.
 * `start` resolves at once and never rejects: what does not work is logged, and tried again with growing pauses. `stop`
 * says goodbye.
 */
export function createMdnsAnnouncer(options: MdnsOptions): MdnsAnnouncer {
  return new PollingAnnouncer(options);
}

class PollingAnnouncer implements MdnsAnnouncer {
  readonly #options: MdnsOptions;
  readonly #names: OwnNames;
  readonly #responders: ResponderSet;
  #state: MdnsStatus["state"] = "off";
  #reason = "not started";
  #said = "";
  #cancelPoll: (() => void) | undefined;

  constructor(options: MdnsOptions) {
    const { network = createMdnsNetwork(), host, clock, log } = options;
    this.#options = options;
    this.#names = new OwnNames(options.name, options.id);
    this.#responders = new ResponderSet({
      network,
      names: this.#names,
      host,
      clock,
      log,
      onChange: () => this.#report(),
    });
  }

  get status(): MdnsStatus {
    return { state: this.#state, name: this.#names.instance, reason: this.#reason };
  }

  async start(): Promise<void> {
    if (!this.#cancelPoll) this.#poll();
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    if (!this.#cancelPoll) return;
    this.#cancelPoll();
    this.#cancelPoll = undefined;
    this.#become("off", "stopped");
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(goodbyeMs, resolve);
      void this.#responders.withdraw().then(cancel).then(resolve);
    });
    this.#responders.close();
  }

  #poll(): void {
    this.#cancelPoll = this.#options.clock.after(pollMs, () => this.#poll());
    try {
      this.#responders.follow(this.#listServices());
      this.#report();
    } catch (error) {
      this.#become("failed", `the network interfaces cannot be listed: ${(error as Error).message}`);
    }
  }

  #listServices(): readonly AnnouncedService[] {
    const { id, path, version, http, rtsp } = this.#options;
    const txt = { id, path, version };
    const services = [
      { type: "_http._tcp", port: http(), txt },
      { type: "_rtsp._tcp", port: rtsp?.() ?? 0, txt },
    ];
    return services.filter(({ port }) => port > 0);
  }

  #report(): void {
    if (!this.#cancelPoll) return;
    const { links, size, trouble } = this.#responders;
    const announced = this.#responders.listAnnounced();
    if (announced.length > 0) this.#become("announced", `on ${announced.join(", ")}`);
    else if (links.length === 0) this.#become("announcing", "waiting for a network");
    else if (size === 0 && trouble !== undefined) this.#become("failed", trouble);
    else this.#become("announcing", "asking whether the name is free");
  }

  /** Logs what is news to people: that it is announced, by which name and where, and that there is no network. */
  #become(state: MdnsStatus["state"], reason: string): void {
    this.#state = state;
    this.#reason = reason;
    const { log } = this.#options;
    const name = this.#names.instance;
    const text = state === "announced" ? `found by mDNS as "${name}", ${reason}` : `mDNS: ${reason}`;
    if (text === this.#said) return;
    if (state === "announced" || reason === "waiting for a network") {
      log.info({ name }, text);
      this.#said = text;
    } else {
      log.debug({ name, state }, text);
    }
  }
}
