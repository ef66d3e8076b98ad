import { hostname } from "node:os";
import { bridgeId } from "./announce/bridge-id.ts";
import { toHostName } from "./announce/mdns/names.ts";
import type { LinkStatus } from "./announce/mqtt/link-status.ts";
import type { CameraPorts } from "./announce/mqtt/ports.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import type { Service } from "./core/lifecycle.ts";
import type { Log } from "./core/log.ts";
import { isLoopback } from "./core/loopback.ts";
import type { MqttService } from "./mqtt-service.ts";
import type { StateStore } from "./store/state-file.ts";

export interface AnnouncementsOptions {
  readonly config: Config;
  readonly version: string;
  readonly ports: CameraPorts;
  /** Of the HTTP server; asked from `start` on. */
  readonly port: () => number;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything that tells others that we are there: by MQTT where there is a broker, by mDNS where others can reach us. */
export class Announcements implements Service {
  readonly #options: AnnouncementsOptions;
  #mqtt: MqttService | undefined;
  #mdnsName: string | undefined;
  #services: readonly Service[] = [];

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
  }

  /** How the connection to the broker is; undefined where none is configured. */
  get mqttStatus(): LinkStatus | undefined {
    return this.#mqtt?.status;
  }

  /** The host name that is announced by mDNS; undefined where none is. */
  get mdnsName(): string | undefined {
    return this.#mdnsName;
  }

  /** Loads only what is configured. */
  async start(): Promise<void> {
    const id = bridgeId(this.#options.store);
    this.#mqtt = await this.#createMqtt(id);
    const mdns = await this.#createMdns(id);
    this.#services = [this.#mqtt, mdns].filter((service) => service !== undefined);
    await Promise.all(this.#services.map((service) => service.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
  }

  async #createMqtt(id: string): Promise<MqttService | undefined> {
    const { config, ...shared } = this.#options;
    if (config.mqtt.url === undefined) return undefined;
    const { createMqttService } = await import("./mqtt-service.ts");
    return createMqttService({ ...shared, config: config.mqtt, bridgeId: id });
  }

  async #createMdns(id: string): Promise<Service | undefined> {
    const { config, version, port, clock, log } = this.#options;
    // Nobody in the network can use a Unix socket.
    if (!config.mdns.enabled || isLoopback(config.server.host) || port() === 0) return undefined;
    const { createMdnsAnnouncer } = await import("./announce/mdns/mdns-announcer.ts");
    this.#mdnsName = toHostName(id);
    return createMdnsAnnouncer({
      id,
      name: `Sightline on ${hostname()}`,
      version,
      http: port,
      host: config.server.host,
      path: config.server.basePath,
      clock,
      log,
    });
  }
}
