import type { IncomingMessage } from "./message.ts";
import type { MqttLink } from "./mqtt-link.ts";
import type { Clock } from "../../core/clock.ts";
import { UnavailableError } from "../../core/errors.ts";
import { RetainedMessages } from "./retained-messages.ts";
import type { Place } from "./retained-topics.ts";
import { bridgeTopics, deviceNode } from "./topics.ts";

/** What {@link clearBroker} found. */
export interface ClearedBroker {
  /** Topics that the broker keeps nothing on any more, in order. */
  readonly topics: readonly string[];
  /** A Sightline that uses this base topic is connected: it will announce itself again. */
  readonly isInUse: boolean;
}

/**
 * Lets the broker forget everything at this base topic, and every device in Home Assistant that belongs to it, whichever
 * Sightline announced it. Rejects with UnavailableError when there is no connection within `withinMs`.
 */
export async function clearBroker(
  link: MqttLink,
  place: Place,
  clock: Clock,
  withinMs: number,
): Promise<ClearedBroker> {
  const retained = new RetainedMessages(link, `${bridgeTopics(place.base).bridge}/marker`, clock);
  await connect(link, retained, clock, withinMs);
  const kept = await retained.collect([`${place.base}/#`, `${place.prefix}/device/+/+/config`]);
  const topics = [...kept.keys()].filter((topic) => isOurs(place, topic, kept.get(topic))).sort();
  for (const topic of topics) link.publish({ topic, payload: "", qos: 1, retain: true });
  const isInUse = kept.get(bridgeTopics(place.base).status)?.toString() === "online";
  return { topics, isInUse };
}

function connect(link: MqttLink, retained: RetainedMessages, clock: Clock, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (reason: string): void => reject(new UnavailableError(`MQTT broker ${link.status.broker}: ${reason}`));
    const cancel = clock.after(withinMs, () => give("does not answer"));
    link.listen({
      connected: () => {
        cancel();
        resolve();
      },
      disconnected: () => retained.abort(),
      failed: (reason) => {
        cancel();
        give(reason);
      },
      message: (message: IncomingMessage) => void retained.offer(message),
    });
    void link.start();
  });
}

/** Everything below the base topic, and devices whose availability is told there. */
function isOurs({ base, bridgeId }: Place, topic: string, payload: Buffer | undefined): boolean {
  if (topic.startsWith(`${base}/`)) return true;
  if (topic.split("/").at(-3) === deviceNode(bridgeId)) return true;
  const text = payload?.toString() ?? "";
  return text.includes('"origin":{"name":"Sightline"') && text.includes(`"topic":${JSON.stringify(`${base}/status`)}`);
}
