import type { IClientPublishOptions, IClientSubscribeOptions, IConnackPacket, IPublishPacket, MqttClient } from "mqtt";
import type { IncomingMessage, OutgoingMessage } from "./message.ts";

/** Where the broker names no limit: a little less than Mosquitto's own since 2.1 (2 000 000 bytes), which it tells to MQTT 5 only. */
const assumedMaxBytes = 1_500_000;
/** Fixed header, packet id, and properties of fixed size. */
const headBytes = 64;
const usualInFlight = 8;

/** One connection that the broker has accepted, with what it allows. */
export class MqttSession {
  readonly client: MqttClient;
  /** MQTT's own number: 4 is 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** Bytes of one whole packet. */
  readonly maxPacketBytes: number;
  /** Whether {@link maxPacketBytes} is the broker's word. */
  readonly isLimitTold: boolean;
  /** Messages that may wait for their acknowledgement at once. */
  readonly inFlight: number;
  readonly #canRetain: boolean;
  readonly #maxQos: 0 | 1;
  readonly #pending = new Set<(reason: Error) => void>();

  constructor(client: MqttClient, protocolVersion: 4 | 5, { properties = {} }: IConnackPacket) {
    this.client = client;
    this.protocolVersion = protocolVersion;
    this.isLimitTold = properties.maximumPacketSize !== undefined;
    this.maxPacketBytes = properties.maximumPacketSize ?? assumedMaxBytes;
    this.inFlight = Math.max(1, Math.min(usualInFlight, properties.receiveMaximum ?? usualInFlight));
    // MQTT.js types it as the broker's number or as a flag, by its version.
    this.#canRetain = Number(properties.retainAvailable ?? 1) !== 0;
    this.#maxQos = properties.maximumQoS === 0 ? 0 : 1;
  }

  /** The largest payload on `topic`, in bytes; less `extraBytes` of properties. */
  maxPayloadBytes(topic: string, extraBytes = 0): number {
    return Math.max(0, this.maxPacketBytes - headBytes - Buffer.byteLength(topic) - extraBytes);
  }

  /**
   * Resolves when the message was written (QoS 0) or acknowledged (QoS 1); rejects when the broker refuses it, with a numeric
   * `code`, or when the connection ends.
   */
  send(message: OutgoingMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        this.#pending.delete(reject);
        if (error) reject(error);
        else resolve();
      };
      this.#pending.add(reject);
      this.client.publish(message.topic, message.payload, this.#options(message), (error) => settle(error));
    });
  }

  /** Resolves when the broker has answered or the connection has ended: with the topics that it refuses. */
  subscribe(topics: readonly string[]): Promise<{ readonly refused: readonly string[]; readonly error?: Error }> {
    // "Retain as published": a command that was published to be kept is told apart also when it is new.
    const how = (topic: string): IClientSubscribeOptions =>
      this.protocolVersion === 5 ? { qos: 1, rap: topic.endsWith("/set") } : { qos: 1 };
    const filters = Object.fromEntries(topics.map((topic) => [topic, how(topic)]));
    return new Promise((resolve) => {
      const ended = (): void => resolve({ refused: [] });
      this.client.once("close", ended);
      this.client.subscribe(filters, (error, _, packet) => {
        this.client.removeListener("close", ended);
        const codes = packet?.granted.map(Number) ?? [];
        const refused = topics.filter((_topic, index) => (codes[index] ?? 0) >= 128);
        const code = codes.find((candidate) => candidate >= 128);
        if (!error) resolve({ refused });
        else if (code === undefined) resolve({ refused: topics, error });
        else resolve({ refused, error: Object.assign(new Error(error.message), { code }) });
      });
    });
  }

  /** Ends all that is under way: the connection is gone. */
  closed(): void {
    for (const reject of this.#pending) reject(new Error("the connection to the broker ended"));
    this.#pending.clear();
  }

  #options(message: OutgoingMessage): IClientPublishOptions {
    const { qos, retain, expirySeconds, contentType, correlationData } = message;
    const plain = { qos: Math.min(qos, this.#maxQos) as 0 | 1, retain: retain && this.#canRetain };
    if (this.protocolVersion < 5) return plain;
    const properties = {
      ...(expirySeconds !== undefined && { messageExpiryInterval: expirySeconds }),
      ...(contentType !== undefined && { contentType }),
      ...(correlationData && { correlationData }),
    };
    return Object.keys(properties).length > 0 ? { ...plain, properties } : plain;
  }
}

/** A packet from the broker as the rest of us sees it. */
export function toIncoming(topic: string, payload: Buffer, { retain, properties }: IPublishPacket): IncomingMessage {
  const { responseTopic, correlationData } = properties ?? {};
  return {
    topic,
    payload,
    retain,
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData && { correlationData }),
  };
}
