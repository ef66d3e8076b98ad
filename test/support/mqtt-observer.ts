import mqtt, { type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { until } from "./wait.ts";

/** A message as a subscriber gets it. */
export interface ObservedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  /** As it was published, for messages that came while the observer was there. */
  readonly retain: boolean;
  readonly properties: NonNullable<IPublishPacket["properties"]>;
}

/** Somebody else on the broker (MQTT 5), who hears everything that filters allow and says what the test wants. */
export class MqttObserver {
  readonly client: MqttClient;
  readonly messages: ObservedMessage[] = [];

  private constructor(client: MqttClient) {
    this.client = client;
    client.on("error", () => {});
    client.on("message", (topic, payload, { qos, retain, properties }) => {
      this.messages.push({ topic, payload, qos, retain, properties: properties ?? {} });
    });
  }

  /** Listens to `filters` from now on; what the broker keeps comes first. It comes back when the broker does. */
  static async connect(
    url: string,
    filters: readonly string[] = ["#"],
    options: IClientOptions = {},
    qos: 0 | 1 = 1,
  ): Promise<MqttObserver> {
    const settings = { protocolVersion: 5, reconnectPeriod: 50, connectTimeout: 5_000, ...options } as const;
    const client = await mqtt.connectAsync(url, settings);
    const observer = new MqttObserver(client);
    try {
      if (filters.length > 0) await client.subscribeAsync([...filters], { qos, rap: true });
    } catch (error) {
      await observer.end();
      throw error;
    }
    return observer;
  }

  /** The newest message on `topic`. */
  latest(topic: string): ObservedMessage | undefined {
    return this.messages.findLast((message) => message.topic === topic);
  }

  /** All payloads on `topic`, as text. */
  texts(topic: string): readonly string[] {
    return this.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
  }

  /** Resolves with the newest message on `topic` when it is one that `isIt` likes. */
  until(topic: string, isIt: (payload: Buffer) => boolean = () => true, withinMs = 10_000): Promise<ObservedMessage> {
    const probe = (): ObservedMessage | undefined => {
      const message = this.latest(topic);
      return message && isIt(message.payload) ? message : undefined;
    };
    return until(probe, `a message on ${topic}`, withinMs);
  }

  /** Resolves when `topic` says `text`. */
  async untilText(topic: string, text: string, withinMs?: number): Promise<void> {
    await this.until(topic, (payload) => payload.toString() === text, withinMs);
  }

  async say(topic: string, payload: string | Buffer, options: IClientPublishOptions = {}): Promise<void> {
    await this.client.publishAsync(topic, payload, { qos: 1, ...options });
  }

  /** Forgets what came so far. */
  forget(): void {
    this.messages.length = 0;
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** What the broker keeps now on topics that fit `filter`, by topic. */
export async function retainedBy(url: string, filter = "#"): Promise<ReadonlyMap<string, Buffer>> {
  // All at QoS 0: so the marker overtakes nothing.
  const observer = await MqttObserver.connect(url, [filter, "marker"], {}, 0);
  try {
    await observer.say("marker", "all is there", { qos: 0 });
    await observer.until("marker");
  } finally {
    await observer.end();
  }
  const kept = observer.messages.filter(({ retain, payload }) => retain && payload.length > 0);
  return new Map(kept.map(({ topic, payload }) => [topic, payload]));
}
