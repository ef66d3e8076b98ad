import { ProtocolError } from "../core/errors.ts";
import type { CameraFeed } from "./camera-feed.ts";

/** The cameras there are now, in their order; outputs look them up here and nowhere else. */
export class CameraRegistry {
  readonly #feeds = new Map<string, CameraFeed>();
  readonly #listeners = new Set<(change: "added" | "removed", feed: CameraFeed) => void>();

  /** All cameras, in the order they were added. */
  list(): readonly CameraFeed[] {
    return [...this.#feeds.values()];
  }

  /** The camera with this id, or undefined. */
  get(id: string): CameraFeed | undefined {
    return this.#feeds.get(id);
  }

  /** The camera with this id. Throws ProtocolError 404 where there is none. */
  find(id: string): CameraFeed {
    const feed = this.#feeds.get(id);
    if (!feed) throw new ProtocolError(`there is no camera ${JSON.stringify(id)}`, 404);
    return feed;
  }

  add(feed: CameraFeed): void {
    if (this.#feeds.has(feed.id)) throw new Error(`camera id ${feed.id} is taken`);
    this.#feeds.set(feed.id, feed);
    for (const listener of this.#listeners) listener("added", feed);
  }

  remove(id: string): void {
    const feed = this.#feeds.get(id);
    if (!feed) return;
    this.#feeds.delete(id);
    for (const listener of this.#listeners) listener("removed", feed);
  }

  /** Calls `listener` after every change; the returned function ends that. */
  onChange(listener: (change: "added" | "removed", feed: CameraFeed) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
