import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../../src/core/clock.ts";
import type { DiscoveredComponent } from "./inspect-discovery.ts";

/** A component in one message: what HA knows it by, and the topic it came on. */
export interface Announcement {
  /** Platform and ids; the same hash is the same component. */
  readonly hash: string;
  /** The device it belongs to, for its removal. */
  readonly deviceId: string;
  readonly topic: string;
  readonly component: DiscoveredComponent;
}

/** What is done with a component once its turn has come. */
export interface ComponentSetup {
  /** False when it could not be set up, or is not to be listened for: HA then forgets it. */
  add(announcement: Announcement): boolean;
  update(announcement: Announcement): void;
  /** Takes back what was announced before. */
  remove(known: Announcement): void;
  complain(text: string): void;
}

/**
 * HA's book-keeping of announced components. A component is pending from its discovery, or a change, until it is set
 * up. A message that meets a pending component is queued for it, and, as in HA, the rest of that message is not looked
 * at. What changes nothing is passed over.
 */
export class DiscoveryQueue {
  readonly #known = new Map<string, Announcement>();
  readonly #pending = new Map<string, Announcement[]>();
  readonly #timers = new Set<() => void>();
  readonly #setup: ComponentSetup;
  readonly #clock: Clock;
  readonly #pendingMs: number;

  constructor(setup: ComponentSetup, clock: Clock, pendingMs: number) {
    this.#setup = setup;
    this.#clock = clock;
    this.#pendingMs = pendingMs;
  }

  /** What was announced and set up (or is being so) for a device. */
  knownOf(deviceId: string): readonly Announcement[] {
    return [...this.#known.values()].filter((announcement) => announcement.deviceId === deviceId);
  }

  /** Takes the components of one message, in order. */
  take(announcements: readonly Announcement[]): void {
    for (const announcement of announcements) {
      const queue = this.#pending.get(announcement.hash);
      if (queue !== undefined) {
        queue.push(announcement);
        return;
      }
      this.#process(announcement);
    }
  }

  /** The user deleted its entity: it is not known any more, and comes back when it is announced again. */
  forget(uniqueId: string): Announcement | undefined {
    const known = [...this.#known.values()].find(({ component }) => component.config["unique_id"] === uniqueId);
    if (known !== undefined) this.#known.delete(known.hash);
    return known;
  }

  /** Nothing is set up any more. */
  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #process(announcement: Announcement): void {
    const { hash, component, topic } = announcement;
    const known = this.#known.get(hash);
    const isRemoval = Object.keys(component.config).length === 0;
    if (!known && isRemoval) return this.#finish(hash);
    if (!this.#pending.has(hash)) this.#pending.set(hash, []);
    if (!known) return this.#add(announcement);
    if (known.topic !== topic) {
      this.#setup.complain(`${hash}: conflicting message on ${topic}, discovered on ${known.topic}`);
      return this.#finish(hash);
    }
    if (isRemoval) return this.#remove(known);
    if (isDeepStrictEqual(known.component.config, component.config)) return this.#finish(hash);
    this.#known.set(hash, announcement);
    this.#later(hash, () => this.#setup.update(announcement));
  }

  #add(announcement: Announcement): void {
    const { hash } = announcement;
    this.#known.set(hash, announcement);
    this.#later(hash, () => {
      if (!this.#setup.add(announcement)) this.#known.delete(hash);
    });
  }

  #remove(known: Announcement): void {
    this.#known.delete(known.hash);
    this.#setup.remove(known);
    this.#finish(known.hash);
  }

  #later(hash: string, work: () => void): void {
    const cancel = this.#clock.after(this.#pendingMs, () => {
      this.#timers.delete(cancel);
      work();
      this.#finish(hash);
    });
    this.#timers.add(cancel);
  }

  #finish(hash: string): void {
    const next = this.#pending.get(hash)?.shift();
    if (next === undefined) this.#pending.delete(hash);
    else this.#process(next);
  }
}
