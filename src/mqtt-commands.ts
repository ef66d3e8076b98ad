import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { bridgeId } from "./announce/bridge-id.ts";
import { clearBroker, type ClearedBroker } from "./announce/mqtt/clear-broker.ts";
import type { IncomingMessage, OutgoingMessage } from "./announce/mqtt/message.ts";
import { MqttAnnouncer } from "./announce/mqtt/mqtt-announcer.ts";
import { MqttLink } from "./announce/mqtt/mqtt-link.ts";
import { placeOf } from "./announce/reachable-url.ts";
import { createCameraPorts } from "./app.ts";
import { CameraRoster } from "./camera-roster.ts";
import { CameraSwitches } from "./camera-switches.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import { silentLog } from "./core/log.ts";
import { CameraRegistry } from "./hub/camera-registry.ts";
import { memoryStore } from "./store/memory-store.ts";
import { StateFile, type StateStore } from "./store/state-file.ts";

/** What the commands work with; `config.mqtt.url` is set for {@link clearMqtt}. */
export interface MqttCommandTools {
  readonly config: Config;
  readonly clock: Clock;
  /** package.json's. */
  readonly version: string;
}

/** What would be published. */
export interface MqttPlan {
  /** In their order; pictures are left out, for no camera is opened. */
  readonly messages: readonly OutgoingMessage[];
  /** Whether the identifiers are those of later runs: they are made by the first real one. */
  readonly isIdKept: boolean;
}

/** A store that begins with what is kept and writes nothing. */
async function readStore({ config, clock }: MqttCommandTools): Promise<StateStore> {
  const file = new StateFile({ directory: config.dataDir, clock, log: silentLog });
  await file.start();
  await file.stop();
  const store = memoryStore();
  return {
    get: (section) => store.get(section) ?? file.get(section),
    set: (section, value) => store.set(section, value),
  };
}

/** Every message of a fresh start with the cameras there are now, without a broker. Opens cameras for their controls only. */
export async function planMqtt(tools: MqttCommandTools): Promise<MqttPlan> {
  const { config, clock, version } = tools;
  const store = await readStore(tools);
  const isIdKept = store.get("bridge") !== undefined;
  const registry = new CameraRegistry();
  const switches = new CameraSwitches(store, silentLog);
  const roster = new CameraRoster(config.cameras, registry, { clock, log: silentLog, store, switches });
  await roster.prepare();
  await roster.look();
  const messages: OutgoingMessage[] = [];
  const viewers = { viewers: () => 0, clients: () => [], losses: () => ({ skipped: 0, stuck: 0 }) };
  const ports = createCameraPorts(config, { registry, roster, switches, viewers }, () => placeOf(config.server));
  const announcer: MqttAnnouncer = new MqttAnnouncer({
    config: config.mqtt,
    bridge: { id: bridgeId(store), hostName: hostname(), version },
    link: recordingLink(messages, (message) => announcer.message(message)),
    ports,
    store,
    clock,
    log: silentLog,
  });
  await announcer.start();
  await announcer.connected();
  const planned = [...messages];
  await announcer.stop();
  await roster.stop();
  return { messages: planned.filter(({ topic }) => !topic.endsWith("/marker")), isIdKept };
}

/** Keeps what is published, and lets the announcer hear it at once, as a broker would. */
function recordingLink(messages: OutgoingMessage[], hear: (message: IncomingMessage) => void) {
  return {
    publish(message: OutgoingMessage): void {
      messages.push(message);
      if (message.topic.endsWith("/marker")) hear({ ...message, payload: Buffer.from(message.payload) });
    },
    maxPayloadBytes: () => Number.MAX_SAFE_INTEGER,
    subscribe: () => Promise.resolve(),
    unsubscribe: () => {},
  };
}

/** A broker that does not answer within this time is given up. */
const connectWithinMs = 15_000;

/** Takes everything of ours from the broker. Rejects with UnavailableError when it cannot be reached. */
export async function clearMqtt(tools: MqttCommandTools): Promise<ClearedBroker> {
  const { clock, config } = tools;
  const { baseTopic: base, discoveryPrefix: prefix } = config.mqtt;
  const id = bridgeId(await readStore(tools));
  const suffix = randomBytes(4).toString("hex");
  const link = new MqttLink({
    config: config.mqtt,
    // Of its own, so that a Sightline that runs keeps its connection; and its end is nobody's business.
    clientId: `sightline-clear-${suffix}`,
    statusTopic: `${base}/clear-${suffix}`,
    clock,
    log: silentLog,
  });
  try {
    return await clearBroker(link, { base, prefix, bridgeId: id }, clock, connectWithinMs);
  } finally {
    await link.stop();
  }
}
