/** Growing delays between attempts: `firstMs`, doubled each time up to `maxMs`. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  /** The delay to wait now, in milliseconds; the one after it is twice as long. */
  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, delayMs * 2);
    return delayMs;
  }

  /** It worked: the next failure starts from the first delay again. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
