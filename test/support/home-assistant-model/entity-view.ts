import { nameInFull } from "./entity-names.ts";
import type { JsonObject } from "./json.ts";
import type { MqttEntity } from "./mqtt-entity.ts";
import type { EntityState } from "./state-readers.ts";

/** What the user sees of an entity. */
export interface EntityView {
  readonly platform: string;
  readonly entityId: string;
  /** Device and entity name together. */
  readonly name: string;
  readonly state: EntityState;
  readonly available: boolean;
  readonly attributes: JsonObject;
  readonly category: string | undefined;
  readonly enabledByDefault: boolean;
  /** One that is not enabled is registered only: it listens to nothing, and is not removed with its device. */
  readonly enabled: boolean;
  /** Newest picture of a camera or an image. */
  readonly image: Buffer | undefined;
  /** Messages taken on the state topic; for an image, how often HA says it was updated. */
  readonly updates: number;
  /** The component, keys written out and shared options merged in. */
  readonly config: JsonObject;
}

/** An entity with what the registry keeps about it. */
export interface RegisteredEntity {
  readonly entity: MqttEntity;
  readonly entityId: string;
  readonly enabled: boolean;
}

/** The entity as it is now. */
export function toEntityView({ entity, entityId, enabled }: RegisteredEntity): EntityView {
  const { config, platform } = entity;
  const category = config["entity_category"];
  return {
    platform,
    entityId,
    enabled,
    config,
    name: nameInFull(platform, config),
    state: entity.state,
    available: enabled && entity.isAvailable,
    attributes: entity.attributes,
    category: typeof category === "string" ? category : undefined,
    enabledByDefault: config["enabled_by_default"] !== false,
    image: entity.image,
    updates: entity.updates,
  };
}
