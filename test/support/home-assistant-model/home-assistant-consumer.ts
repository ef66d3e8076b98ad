import { type Announcement, DiscoveryQueue } from "./discovery-queue.ts";
import { type Command, pressCommand, setCommand } from "./entity-command.ts";
import { EntityRegistry, type RegistryOptions } from "./entity-registry.ts";
import type { EntityView } from "./entity-view.ts";
import { printFinding } from "./finding.ts";
import { type DiscoveredComponent, inspectDiscovery } from "./inspect-discovery.ts";
import type { DiscoveryAddress } from "./topics.ts";

export interface ConsumerOptions extends RegistryOptions {
  /** Default `homeassistant`. */
  readonly discoveryPrefix?: string;
  /** How long a component that is new or changed stays pending; default 100. */
  readonly pendingMs?: number;
}

/**
 * Behaves as Home Assistant's MQTT integration does towards device discovery and the messages of what it discovered.
 * Has no connection: who owns one subscribes to `subscriptions()` (and to what `onSubscribe` is told), and hands every
 * message to `receive`.
 */
export class HomeAssistantConsumer {
  /** What HA would write into its log, oldest first. */
  readonly complaints: string[] = [];
  readonly #prefix: string;
  readonly #registry: EntityRegistry;
  readonly #queue: DiscoveryQueue;

  constructor(options: ConsumerOptions) {
    this.#prefix = options.discoveryPrefix ?? "homeassistant";
    this.#registry = new EntityRegistry(options, this.complaints);
    this.#queue = new DiscoveryQueue(this.#registry, options.clock, options.pendingMs ?? 100);
  }

  /** Topic filters it listens to at this moment. */
  subscriptions(): string[] {
    const discovery = [`${this.#prefix}/device/+/config`, `${this.#prefix}/device/+/+/config`];
    return [...discovery, ...this.#registry.filters];
  }

  /** `retain` as the broker sends it: true for what it kept from before the subscription. */
  receive(topic: string, payload: Buffer, retain: boolean): void {
    if (topic.startsWith(`${this.#prefix}/device/`) && topic.endsWith("/config")) this.#discover(topic, payload);
    this.#registry.receive(topic, payload, retain);
  }

  /** Every entity in the registry by its unique id, as it is now. */
  entities(): Map<string, EntityView> {
    return this.#registry.views();
  }

  /** What HA publishes when the user presses a button. Throws where HA would refuse. */
  press(uniqueId: string): Command {
    return pressCommand(this.#registry.get(uniqueId));
  }

  /** What HA publishes when the user sets a switch, a number, a select or a text. Throws where HA would refuse. */
  set(uniqueId: string, value: boolean | number | string): Command {
    return setCommand(this.#registry.get(uniqueId), value);
  }

  /** What HA publishes when it has come up: senders then send everything again. */
  birth(): Command {
    return { topic: `${this.#prefix}/status`, payload: "online", qos: 0, retain: false };
  }

  /** What HA publishes when the user deletes an entity: it wipes the configuration of the whole device. */
  deleteEntity(uniqueId: string): Command {
    const known = this.#queue.forget(uniqueId);
    if (known === undefined) throw new Error(`no entity ${uniqueId} that was discovered`);
    this.#registry.delete(uniqueId);
    return { topic: known.topic, payload: "", qos: 0, retain: true };
  }

  /** HA has lost its broker and found it again: what the broker keeps is sent, and counts, once more. */
  reconnect(): void {
    this.#registry.resubscribe();
  }

  /** Cancels every timer. */
  stop(): void {
    this.#queue.stop();
    for (const uniqueId of this.entities().keys()) this.#registry.delete(uniqueId);
  }

  #discover(topic: string, payload: Buffer): void {
    const { address, findings, components } = inspectDiscovery(topic, payload);
    for (const finding of findings) this.complaints.push(printFinding(finding));
    if (address === undefined || findings.some(({ drops }) => drops === "message")) return;
    if (payload.length === 0) return this.#removeDevice(topic, address);
    this.#queue.take(components.map((component) => announce(topic, address, component)));
  }

  #removeDevice(topic: string, address: DiscoveryAddress): void {
    const known = this.#queue.knownOf(toDeviceId(address));
    if (known.length === 0) this.complaints.push(`no device components to clean up for ${address.objectId}`);
    this.#queue.take(
      known.map(({ component: { componentId, platform } }) =>
        announce(topic, address, { componentId, platform, config: {}, findings: [] }),
      ),
    );
  }
}

function announce(topic: string, address: DiscoveryAddress, component: DiscoveredComponent): Announcement {
  const { componentId, platform } = component;
  const deviceId = toDeviceId(address);
  return { hash: `${platform} ${deviceId} ${componentId}`, deviceId, topic, component };
}

/** As HA joins them: the object id first. */
function toDeviceId({ nodeId, objectId }: DiscoveryAddress): string {
  return nodeId === undefined ? objectId : `${objectId} ${nodeId}`;
}
