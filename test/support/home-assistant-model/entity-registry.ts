import type { Clock } from "../../../src/core/clock.ts";
import type { Announcement, ComponentSetup } from "./discovery-queue.ts";
import { freeEntityId, proposeEntityId } from "./entity-names.ts";
import { type EntityView, type RegisteredEntity, toEntityView } from "./entity-view.ts";
import { printFinding } from "./finding.ts";
import { type JsonObject, toText } from "./json.ts";
import { MqttEntity } from "./mqtt-entity.ts";
import { platforms } from "./platforms.ts";

export interface RegistryOptions {
  readonly clock: Clock;
  /** Which entities that are disabled by default the user has enabled; default none. */
  readonly isEnabledByUser?: (uniqueId: string) => boolean;
  /**
   * Filters to subscribe to, also when that is a repetition: HA subscribes anew for each entity, so that each gets the
   * messages the broker kept.
   */
  readonly onSubscribe?: (filters: readonly string[]) => void;
}

/** The entities that were set up, by unique id. */
export class EntityRegistry implements ComponentSetup {
  readonly #entries = new Map<string, RegisteredEntity>();
  readonly #options: RegistryOptions;
  readonly #complaints: string[];

  constructor(options: RegistryOptions, complaints: string[]) {
    this.#options = options;
    this.#complaints = complaints;
  }

  /** Filters of all enabled entities, each once. */
  get filters(): readonly string[] {
    return [...new Set(this.#enabled.flatMap(({ entity }) => entity.filters))];
  }

  add({ component }: Announcement): boolean {
    if (!this.#accept(component)) return false;
    const { platform, config } = component;
    if (!platforms.get(platform)?.isEntity) return true;
    const uniqueId = toText(config["unique_id"]);
    const enabled = config["enabled_by_default"] !== false || (this.#options.isEnabledByUser?.(uniqueId) ?? false);
    const old = this.#entries.get(uniqueId);
    if (old?.enabled) {
      this.complain(`${platform} does not generate unique IDs: ${uniqueId} is already used by ${old.entityId}`);
      return false;
    }
    const taken = [...this.#entries.values()].map((entry) => entry.entityId);
    const entityId = old?.entityId ?? freeEntityId(proposeEntityId(platform, config), taken);
    const entity = new MqttEntity(platform, keepKnown(platform, config), this.#options.clock);
    this.#entries.set(uniqueId, { entity, entityId, enabled });
    if (enabled) this.#options.onSubscribe?.(entity.filters);
    return enabled;
  }

  update({ component, hash }: Announcement): void {
    if (!this.#accept(component)) return;
    if (!platforms.get(component.platform)?.isEntity) return;
    const { entity } = this.#entries.get(toText(component.config["unique_id"])) ?? {};
    if (entity === undefined) return this.complain(`${hash}: unique_id cannot be changed`);
    const before = entity.filters;
    entity.configure(keepKnown(component.platform, component.config));
    this.#options.onSubscribe?.(entity.filters.filter((filter) => !before.includes(filter)));
  }

  remove({ component }: Announcement): void {
    this.delete(toText(component.config["unique_id"]));
  }

  complain(text: string): void {
    this.#complaints.push(text);
  }

  delete(uniqueId: string): void {
    this.#entries.get(uniqueId)?.entity.stopTimers();
    this.#entries.delete(uniqueId);
  }

  receive(topic: string, payload: Buffer, retain: boolean): void {
    for (const { entity, entityId } of this.#enabled) {
      for (const text of entity.receive(topic, payload, retain)) this.complain(`${entityId}: ${text}`);
    }
  }

  /** After a new connection to the broker. */
  resubscribe(): void {
    for (const { entity } of this.#enabled) {
      entity.forgetReplayed();
      this.#options.onSubscribe?.(entity.filters);
    }
  }

  /** An entity that takes commands. Throws for one that is not there or not enabled. */
  get(uniqueId: string): MqttEntity {
    const entry = this.#entries.get(uniqueId);
    if (!entry?.enabled) throw new Error(`no enabled entity ${uniqueId}`);
    return entry.entity;
  }

  views(): Map<string, EntityView> {
    return new Map([...this.#entries].map(([uniqueId, entry]) => [uniqueId, toEntityView(entry)]));
  }

  get #enabled(): readonly RegisteredEntity[] {
    return [...this.#entries.values()].filter(({ enabled }) => enabled);
  }

  #accept({ findings }: Announcement["component"]): boolean {
    for (const finding of findings) this.complain(printFinding(finding));
    return findings.every(({ drops }) => drops === "nothing");
  }
}

/** HA takes out of a component what its platform has no use for, such as a shared option. */
function keepKnown(platform: string, config: JsonObject): JsonObject {
  const known = platforms.get(platform)?.rules;
  const isKept = (key: string): boolean => key === "device" || key === "origin" || (known?.has(key) ?? false);
  return Object.fromEntries(Object.entries(config).filter(([key]) => isKept(key)));
}
