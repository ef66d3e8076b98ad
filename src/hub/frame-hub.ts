import type { Frame } from "../media/frame.ts";

/** Called synchronously for every frame; must not block and must not throw. */
export type FrameSink<F extends Frame> = (frame: F) => void;

/**
 * Why somebody wants frames. `viewer`: the camera runs for them, and on for its linger when they leave; `brief`: for a moment
 * only (one still picture), which ends without a linger; `derived`: to make another track of the same camera, whose own
 * sinks are the ones that count.
 */
export type DemandKind = "viewer" | "brief" | "derived";

/**
 * One track of one camera: publishes to all, waits for none. A sink that must wait puts a bounded mailbox in between.
 */
export class FrameHub<F extends Frame> {
  readonly #sinks = new Map<FrameSink<F>, DemandKind>();
  readonly #demandListeners = new Set<(demand: number) => void>();
  #latest: F | undefined;

  /** The newest frame while the camera runs; undefined before the first and after {@link clear}. */
  get latest(): F | undefined {
    return this.#latest;
  }

  /** How many sinks want frames. */
  get demand(): number {
    return this.#sinks.size;
  }

  /** How many sinks want frames for this reason. */
  demandOf(kind: DemandKind): number {
    let count = 0;
    for (const own of this.#sinks.values()) if (own === kind) count += 1;
    return count;
  }

  /** Gives `frame` to every sink, in the order they came. */
  publish(frame: F): void {
    this.#latest = frame;
    for (const sink of this.#sinks.keys()) sink(frame);
  }

  /** Forgets the newest frame: the camera was closed and what it showed is history. */
  clear(): void {
    this.#latest = undefined;
  }

  /** Adds `sink` from the next frame on; the returned function takes it out again (any number of times). */
  subscribe(sink: FrameSink<F>, kind: DemandKind = "viewer"): () => void {
    const own: FrameSink<F> = (frame) => sink(frame);
    this.#sinks.set(own, kind);
    this.#tellDemand();
    return () => {
      if (this.#sinks.delete(own)) this.#tellDemand();
    };
  }

  /** Calls `listener` with the number of sinks after every change of it; the returned function ends that. */
  onDemand(listener: (demand: number) => void): () => void {
    this.#demandListeners.add(listener);
    return () => void this.#demandListeners.delete(listener);
  }

  #tellDemand(): void {
    for (const listener of this.#demandListeners) listener(this.#sinks.size);
  }
}
