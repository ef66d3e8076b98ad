import { bridgeObject, bridgeTopics, cameraTopics, deviceNode, discoveryTopic } from "./topics.ts";

/** Where one bridge's messages are. */
export interface Place {
  /** `mqtt.baseTopic`. */
  readonly base: string;
  /** `mqtt.discoveryPrefix`. */
  readonly prefix: string;
  readonly bridgeId: string;
}

/** What to subscribe to for learning which cameras were ever announced. */
export function announcedFilters({ base, prefix, bridgeId }: Place): readonly string[] {
  return [`${base}/+/availability`, discoveryTopic(prefix, bridgeId, "+")];
}

/** The object of one of our devices (a camera's id, or the bridge), undefined when the topic is not one of theirs. */
export function discoveredObject({ prefix, bridgeId }: Place, topic: string): string | undefined {
  const head = `${prefix}/device/${deviceNode(bridgeId)}/`;
  return topic.startsWith(head) && topic.endsWith("/config") ? topic.slice(head.length, -"/config".length) : undefined;
}

/** The ids of all cameras that one of these topics is about. */
export function announcedCameras(place: Place, topics: Iterable<string>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const topic of topics) {
    const object = discoveredObject(place, topic) ?? availabilityOf(place.base, topic);
    if (object !== undefined && /^[a-z0-9-]+$/.test(object)) ids.add(object);
  }
  return ids;
}

function availabilityOf(base: string, topic: string): string | undefined {
  const [id, last, ...rest] = topic.startsWith(`${base}/`) ? topic.slice(base.length + 1).split("/") : [];
  return last === "availability" && rest.length === 0 ? id : undefined;
}

/** Everything about one camera that the broker may keep; the discovery topic comes first. */
export function keptTopics({ base, prefix, bridgeId }: Place, cameraId: string): readonly string[] {
  const { availability, state, stats, attributes, controls, enabled, image, snapshot, motion } = cameraTopics(
    base,
    cameraId,
  );
  return [
    discoveryTopic(prefix, bridgeId, cameraId),
    availability,
    state,
    stats,
    attributes,
    controls,
    enabled,
    image,
    snapshot,
    motion,
  ];
}

/** Everything about the bridge itself that the broker may keep; the discovery topic comes first. */
export function bridgeKeptTopics({ base, prefix, bridgeId }: Place): readonly string[] {
  const { status, bridge } = bridgeTopics(base);
  return [discoveryTopic(prefix, bridgeId, bridgeObject), status, bridge];
}

/** The topic on which our own message tells that everything kept has arrived. */
export function markerTopic(base: string): string {
  return `${bridgeTopics(base).bridge}/marker`;
}
