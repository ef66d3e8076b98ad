import type { MqttClient } from "mqtt";
import type { Config } from "../../config/schema.ts";
import { Backoff } from "../../core/backoff.ts";
import type { Clock } from "../../core/clock.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { Log } from "../../core/log.ts";
import { parseBrokerAddress } from "./broker-address.ts";
import { connectOnce, type ConnectionEvents } from "./connect-once.ts";
import { explainReasonCode, type LinkFailure } from "./explain-mqtt.ts";
import { LinkState, type LinkStatus } from "./link-status.ts";
import { payloadBytes, type IncomingMessage, type OutgoingMessage, type Publisher } from "./message.ts";
import type { MqttSession } from "./mqtt-session.ts";
import { Outbox } from "./outbox.ts";

/** What the link tells; called one after the other, never after `stop`. */
export interface LinkListener {
  /** A new connection: the broker knows nothing of what was said on the one before. */
  connected(): void;
  /** What was said on it may not have arrived. */
  disconnected(): void;
  /** An attempt failed, or the connection ended; another attempt follows. */
  failed?(reason: string): void;
  message(message: IncomingMessage): void;
}

export interface MqttLinkOptions {
  readonly config: Config["mqtt"];
  readonly clientId: string;
  /** Topic of the will. */
  readonly statusTopic: string;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number;
}

const firstRetryMs = 500;
/** Home Assistant must have everything again within 10 s of the broker's return. */
const maxRetryMs = 5_000;
/** Who is refused needs a person's help. */
const firstRefusedRetryMs = 2_000;
const maxRefusedRetryMs = 30_000;
/** A connection of this age was a good one: the next failure is retried quickly again. */
const provenAfterNs = 10_000_000_000n;
const stopWithinMs = 800;

/**
 * The connection to the broker: made again with back-off and jitter for as long as it takes, MQTT 5 first and 3.1.1 where
 * that is refused. Nothing of what goes wrong here reaches anybody but the log and {@link status}.
 */
export class MqttLink implements Publisher, Service {
  readonly #options: MqttLinkOptions;
  readonly #broker: string;
  readonly #state: LinkState;
  readonly #outbox: Outbox;
  readonly #backoff = new Backoff(firstRetryMs, maxRetryMs);
  readonly #refusedBackoff = new Backoff(firstRefusedRetryMs, maxRefusedRetryMs);
  readonly #counts = { received: 0, oversize: 0 };
  readonly #warned = new Set<string>();
  #listener: LinkListener = { connected: () => {}, disconnected: () => {}, message: () => {} };
  #session: MqttSession | undefined;
  #client: MqttClient | undefined;
  #protocolVersion: 4 | 5 = 5;
  #isWillPlain = false;
  #connections = 0;
  #lastFailure = "";
  /** Why there is no connection: each reason is logged once until there is one again. */
  readonly #toldReasons = new Set<string>();
  #stopped = true;
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(options: MqttLinkOptions) {
    this.#options = options;
    this.#broker = parseBrokerAddress(options.config.url ?? "").name;
    this.#state = new LinkState(options.clock);
    this.#outbox = new Outbox({ events: 100, sizeBytes: 32_000_000 }, (message) => this.#send(message));
  }

  /** Who is told; to be set before `start`. */
  listen(listener: LinkListener): void {
    this.#listener = listener;
  }

  get status(): LinkStatus {
    const { name, sinceMs, reason } = this.#state;
    return {
      state: name,
      broker: this.#broker,
      protocol: this.#session && protocolName(this.#session),
      since: sinceMs,
      reason,
      connections: this.#connections,
      queued: this.#outbox.length,
      counts: { ...this.#outbox.counts, ...this.#counts },
    };
  }

  /** Begins to connect and does not wait for it: a broker that is away keeps nobody from starting. */
  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#loop = this.#run();
    await Promise.resolve();
  }

  /** Says good-bye properly, so that the broker does not publish the will, unless that takes too long. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#wake?.();
    const giveUp = this.#options.clock.after(stopWithinMs, () => {
      this.#client?.end(true);
      this.#client?.stream.destroy(); // for one that is saying good-bye already, `end` does nothing more
    });
    await this.#outbox.flushed();
    this.#client?.end(this.#session === undefined);
    await this.#loop;
    giveUp();
    this.#state.change("off", "Sightline is stopping");
  }

  publish(message: OutgoingMessage): void {
    const session = this.#session;
    if (!session) return;
    const sizeBytes = payloadBytes(message.payload);
    if (sizeBytes <= this.maxPayloadBytes(message.topic, message)) {
      this.#outbox.put(message);
      return;
    }
    this.#counts.oversize += 1;
    this.#warnOnce(
      `${message.topic}: a message of ${sizeBytes} bytes was not sent, for the broker takes packets of ${session.maxPacketBytes} bytes at most`,
      `${message.topic} oversize`,
    );
  }

  maxPayloadBytes(topic: string, message?: Pick<OutgoingMessage, "contentType" | "correlationData">): number {
    const extraBytes = (message?.contentType?.length ?? 0) + (message?.correlationData?.length ?? 0);
    return this.#session?.maxPayloadBytes(topic, extraBytes) ?? 0;
  }

  /** Resolves when the broker has answered, also when it refuses or the connection ends: that is logged. */
  async subscribe(topics: readonly string[]): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const { refused, error } = await session.subscribe(topics);
    if (refused.length === 0 || this.#session !== session || this.#stopped) return;
    const why = error ? explainReasonCode(error) : "its access list does not allow it";
    this.#warnOnce(`the broker does not let us listen to ${refused.join(", ")}: ${why}`);
  }

  unsubscribe(topics: readonly string[]): void {
    this.#session?.client.unsubscribe([...topics], () => {});
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#state.change("connecting", this.#lastFailure || "connecting");
      const startedNs = this.#options.clock.monotonicNs();
      const failure = await this.#attempt();
      if (this.#stopped) return;
      if (this.#options.clock.monotonicNs() - startedNs > provenAfterNs) {
        this.#backoff.reset();
        this.#refusedBackoff.reset();
      }
      const isVersion = failure.kind === "version";
      if (isVersion && this.#protocolVersion === 5) {
        this.#protocolVersion = 4;
        continue;
      }
      if (isVersion) this.#protocolVersion = 5;
      if (failure.kind === "will" && !this.#isWillPlain) {
        this.#isWillPlain = true;
        continue;
      }
      this.#failed(failure);
      const delayMs = (failure.kind === "refused" ? this.#refusedBackoff : this.#backoff).next();
      await this.#pause(delayMs * (0.5 + (this.#options.random ?? Math.random)() / 2));
    }
  }

  #failed({ kind, reason }: LinkFailure): void {
    const { log } = this.#options;
    const words = `MQTT broker ${this.#broker}: ${reason}`;
    if (this.#toldReasons.has(reason)) log.debug({ kind }, words);
    else log.warn({ kind }, `${words}; trying again`);
    this.#toldReasons.add(reason);
    this.#lastFailure = reason;
    this.#state.change("waiting", reason);
    this.#guarded(() => this.#listener.failed?.(reason));
  }

  #attempt(): Promise<LinkFailure> {
    const { config, clientId, statusTopic } = this.#options;
    const events: ConnectionEvents = {
      began: (client) => {
        this.#client = client;
        if (this.#stopped) client.end(true);
      },
      connected: (session) => this.#connected(session),
      message: (message) => {
        this.#counts.received += 1;
        this.#guarded(() => this.#listener.message(message));
      },
      disconnected: () => this.#disconnected(),
    };
    const how = { protocolVersion: this.#protocolVersion, isWillPlain: this.#isWillPlain };
    const wishes = { config, clientId, statusTopic, ...how };
    return connectOnce(this.#broker, wishes, events);
  }

  #connected(session: MqttSession): void {
    this.#session = session;
    // The next one may be another broker, or this one when it is less busy.
    this.#protocolVersion = 5;
    this.#isWillPlain = false;
    this.#connections += 1;
    this.#lastFailure = "";
    this.#toldReasons.clear();
    this.#warned.clear();
    this.#outbox.maxInFlight = session.inFlight;
    const limit = session.isLimitTold ? { maxPacketBytes: session.maxPacketBytes } : {};
    this.#state.change("connected", "connected");
    this.#options.log.info(
      { protocol: protocolName(session), ...limit },
      `connected to MQTT broker ${this.#broker} (MQTT ${protocolName(session)})`,
    );
    this.#guarded(() => this.#listener.connected());
  }

  #disconnected(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#outbox.clear();
    session?.closed();
    this.#guarded(() => this.#listener.disconnected());
  }

  async #send(message: OutgoingMessage): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error("there is no connection to the broker");
    try {
      await session.send(message);
    } catch (error) {
      if (this.#session === session && !this.#stopped) {
        this.#warnOnce(`the broker refuses ${message.topic}: ${explainReasonCode(error)}`);
      }
      throw error;
    }
  }

  /** Each trouble once per connection. */
  #warnOnce(words: string, key = words): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#options.log.warn({}, words);
  }

  #guarded(work: () => void): void {
    try {
      if (!this.#stopped) work();
    } catch (error) {
      this.#options.log.error({ err: error }, "an MQTT message could not be dealt with");
    }
  }

  /** Ends after `delayMs`, or at once when the link stops. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, done);
      this.#wake = done;
    });
  }
}

function protocolName({ protocolVersion }: MqttSession): string {
  return protocolVersion === 5 ? "5.0" : "3.1.1";
}
