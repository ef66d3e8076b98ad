import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../store/state-file.ts";
import { AbsentCameras } from "./absent-cameras.ts";
import type { Publisher } from "./message.ts";
import { announcedCameras, announcedFilters, bridgeKeptTopics, keptTopics, type Place } from "./retained-topics.ts";
import { bridgeTopics, discoveryTopic } from "./topics.ts";

export interface HousekeepingOptions {
  readonly place: Place;
  readonly publisher: Publisher;
  readonly store: StateStore;
  /** Whether cameras that are gone may come back. */
  readonly keepsAbsent: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the broker kept when we came, by topic. */
export type Kept = ReadonlyMap<string, Buffer>;

const placeSection = "mqtt-place";

/** Takes away what the broker keeps of us and nobody needs any more: removed cameras, and all of it at an earlier base topic. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #absent: AbsentCameras;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#absent = new AbsentCameras(options.store, options.clock);
  }

  /** What to collect for {@link cleanUp}. */
  get filters(): readonly string[] {
    const earlier = this.#earlierPlace;
    const there = earlier ? [...announcedFilters(earlier), bridgeTopics(earlier.base).bridge] : [];
    return [...announcedFilters(this.#options.place), ...there];
  }

  /** These cameras are there now. */
  seen(ids: readonly string[]): void {
    this.#absent.seen(ids);
  }

  /** A camera that was unplugged may be plugged in again, for a while; the test pattern goes for good. */
  mayComeBack(id: string): boolean {
    return this.#options.keepsAbsent && id !== "test-pattern" && !this.#absent.isForgotten(id);
  }

  /** Of cameras that are not `present`: those that may come back are unavailable, of the others nothing is left. */
  cleanUp(kept: Kept, present: (id: string) => boolean): void {
    const { place, publisher } = this.#options;
    this.#leaveEarlierPlace(kept);
    for (const id of this.#announced(place, kept)) {
      if (present(id)) continue;
      if (!this.mayComeBack(id)) this.remove(id);
      else publisher.publish({ topic: `${place.base}/${id}/availability`, payload: "offline", qos: 1, retain: true });
    }
  }

  /** The camera is no more. */
  remove(id: string): void {
    const { log, place } = this.#options;
    this.forget(id);
    log.info({ camera: id }, "a camera that is no more was taken from the MQTT broker");
    this.empty(keptTopics(place, id));
  }

  /** Somebody else has taken the camera away. */
  forget(id: string): void {
    this.#absent.forget(id);
  }

  /** Lets the broker keep nothing on these topics. */
  empty(topics: readonly string[]): void {
    for (const topic of topics) {
      this.#options.publisher.publish({ topic, payload: "", qos: 1, retain: true });
    }
  }

  /** The cameras that this bridge has announced: another one may use the same base topic. */
  #announced(place: Place, kept: Kept): readonly string[] {
    const isOurs = (id: string): boolean =>
      kept.has(discoveryTopic(place.prefix, place.bridgeId, id)) || this.#absent.knows(id);
    return [...announcedCameras(place, kept.keys())].filter(isOurs);
  }

  /** Where an earlier run announced its cameras, when that was elsewhere. */
  get #earlierPlace(): Place | undefined {
    const { place, store } = this.#options;
    const stored = store.get(placeSection) as Partial<Place> | undefined;
    if (typeof stored?.base !== "string" || typeof stored.prefix !== "string") return undefined;
    if (stored.base === place.base && stored.prefix === place.prefix) return undefined;
    return { base: stored.base, prefix: stored.prefix, bridgeId: place.bridgeId };
  }

  #leaveEarlierPlace(kept: Kept): void {
    const { place, store, log } = this.#options;
    const earlier = this.#earlierPlace;
    store.set(placeSection, { base: place.base, prefix: place.prefix });
    if (!earlier) return;
    log.info(
      { baseTopic: earlier.base, discoveryPrefix: earlier.prefix },
      "taking away what is left at the earlier topics",
    );
    const ids = this.#announced(earlier, kept);
    const discovery = ids.map((id) => keptTopics(earlier, id)[0] ?? "");
    if (earlier.prefix !== place.prefix) this.empty([...discovery, bridgeKeptTopics(earlier)[0] ?? ""]);
    // Another Sightline may have moved in there since.
    const isOurs = kept.get(bridgeTopics(earlier.base).bridge)?.includes(`"id":"${place.bridgeId}"`) === true;
    if (earlier.base === place.base || !isOurs) return;
    this.empty([...ids.flatMap((id) => keptTopics(earlier, id).slice(1)), ...bridgeKeptTopics(earlier).slice(1)]);
  }
}
