/** Upper bounds in seconds: fine where a good network is, coarse where trouble is. */
export const latencyBounds: readonly number[] = [
  0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.033, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
];

/** The observations of one camera. */
export interface LatencyCounts {
  /** One count for each of {@link latencyBounds} and a last one for everything above; not cumulative. */
  readonly buckets: Float64Array;
  sumSeconds: number;
}

/**
 * Time from capture to send, by camera. Called for every frame, thus plain counters: prom-client reads them
 * when somebody scrapes, and is not even loaded before.
 */
export class SendLatency {
  readonly #byCamera = new Map<string, LatencyCounts>();

  /** One frame went out, to the last of its viewers `seconds` after it was captured. */
  observe(cameraId: string, seconds: number): void {
    let counts = this.#byCamera.get(cameraId);
    if (!counts) {
      counts = { buckets: new Float64Array(latencyBounds.length + 1), sumSeconds: 0 };
      this.#byCamera.set(cameraId, counts);
    }
    let bucket = 0;
    while (bucket < latencyBounds.length && seconds > (latencyBounds[bucket] ?? 0)) bucket += 1;
    counts.buckets[bucket] = (counts.buckets[bucket] ?? 0) + 1;
    counts.sumSeconds += seconds;
  }

  entries(): IterableIterator<[string, LatencyCounts]> {
    return this.#byCamera.entries();
  }
}
