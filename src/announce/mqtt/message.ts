/** Something to be published. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /**
   * Every one counts: it is not given up when a later one on the same topic comes before it could be sent, as the state of
   * something is.
   */
  readonly isEvent?: boolean;
  /** Seconds after which the broker forgets it (MQTT 5). */
  readonly expirySeconds?: number;
  /** MIME type (MQTT 5). */
  readonly contentType?: string;
  /** To be given back to whoever asked (MQTT 5). */
  readonly correlationData?: Buffer;
}

/** Something that came from the broker. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** It was published to be kept: it may be of any age. */
  readonly retain: boolean;
  /** Where an answer is wanted (MQTT 5). */
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
}

/** Takes messages and never waits: what cannot be sent in time is given up, the newest of each topic last. */
export interface Publisher {
  publish(message: OutgoingMessage): void;
  /** The largest payload that may be published on `topic` now, in bytes. */
  maxPayloadBytes(topic: string): number;
}

/** Bytes of a payload on the wire. */
export function payloadBytes(payload: Buffer | string): number {
  return typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
}
