import type { Clock } from "../../core/clock.ts";
import type { StateStore } from "../../store/state-file.ts";

/** A camera that nobody has plugged in for so long is forgotten. */
const forgetAfterMs = 30 * 86_400_000;
const section = "mqtt-cameras";

/** Remembers when each announced camera was last there, so that one that is unplugged stays in Home Assistant for a while. */
export class AbsentCameras {
  readonly #store: StateStore;
  readonly #clock: Clock;

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** These are there now. */
  seen(ids: readonly string[]): void {
    const nowMs = this.#clock.wallMs();
    const known = this.#read();
    // By the day: the file must not be written for every start.
    const stale = ids.filter((id) => Math.abs(nowMs - (known.get(id) ?? 0)) > 86_400_000);
    if (stale.length === 0) return;
    for (const id of stale) known.set(id, nowMs);
    this.#write(known);
  }

  /** Whether it was ever seen, and not forgotten since. */
  knows(id: string): boolean {
    return this.#read().has(id);
  }

  /** Whether the camera has been away for too long; counted from now on where nothing is known of it. */
  isForgotten(id: string): boolean {
    const lastMs = this.#read().get(id);
    if (lastMs === undefined) this.seen([id]);
    return lastMs !== undefined && this.#clock.wallMs() - lastMs > forgetAfterMs;
  }

  forget(id: string): void {
    const known = this.#read();
    if (known.delete(id)) this.#write(known);
  }

  #read(): Map<string, number> {
    const stored = this.#store.get(section);
    if (typeof stored !== "object" || stored === null) return new Map();
    return new Map(Object.entries(stored).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  }

  #write(known: ReadonlyMap<string, number>): void {
    this.#store.set(section, Object.fromEntries(known));
  }
}
