import { hostname } from "node:os";
import { MqttAnnouncer } from "./announce/mqtt/mqtt-announcer.ts";
import { MqttLink } from "./announce/mqtt/mqtt-link.ts";
import type { LinkStatus } from "./announce/mqtt/link-status.ts";
import type { CameraPorts } from "./announce/mqtt/ports.ts";
import { bridgeTopics } from "./announce/mqtt/topics.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import type { Service } from "./core/lifecycle.ts";
import type { Log } from "./core/log.ts";
import type { StateStore } from "./store/state-file.ts";

export interface MqttServiceOptions {
  readonly config: Config["mqtt"];
  /** See `bridgeId`. */
  readonly bridgeId: string;
  readonly version: string;
  readonly ports: CameraPorts;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1, for everything that is spread in time. Default: by chance. */
  readonly random?: () => number;
}

/** The cameras by MQTT. */
export interface MqttService extends Service {
  readonly status: LinkStatus;
}

/** Puts the connection and what is said on it together. Only where `mqtt.url` is set. */
export function createMqttService(options: MqttServiceOptions): MqttService {
  const { config, bridgeId, version } = options;
  const log = options.log.child({ part: "mqtt" });
  const link = createLink({ ...options, log });
  const bridge = { id: bridgeId, hostName: hostname(), version };
  const announcer = new MqttAnnouncer({ ...options, log, bridge, link });
  link.listen({
    connected: () => void announcer.connected(),
    disconnected: () => announcer.disconnected(),
    message: (message) => announcer.message(message),
  });
  return {
    get status() {
      return link.status;
    },
    async start() {
      await announcer.start();
      await link.start();
    },
    async stop() {
      await announcer.stop();
      await link.stop();
    },
  };

  function createLink({ log: own }: MqttServiceOptions): MqttLink {
    const clientId = config.clientId ?? `sightline-${bridgeId}`;
    return new MqttLink({ ...options, clientId, statusTopic: bridgeTopics(config.baseTopic).status, log: own });
  }
}
