/** Below this mean luma (0..255) a picture counts as black: the sensor has not woken up yet. */
const darkLuma = 16;
/** So many levels, or this share, may two pictures differ and still count as equally exposed. */
const steadyLevels = 2;
const steadyShare = 0.03;
const steadyPictures = 3;
/** A camera that is still changing after this long is taken as it is: a dark room must not stay closed. */
const patienceNs = 1_500_000_000n;

/**
 * Tells when a camera that was just started has settled its exposure: the last three pictures are equally bright and not
 * black, or 1.5 s have passed since the first. Pure: fed with times and brightnesses.
 */
export class ExposureGate {
  readonly #lumas: number[] = [];
  #firstNs: bigint | undefined;
  #open = false;

  /** True once settled; stays so. */
  get open(): boolean {
    return this.#open;
  }

  /** Opens at once, for sources that need no settling. */
  skip(): void {
    this.#open = true;
  }

  /** A picture captured at `timeNs` exists, whatever its brightness; answers whether the patience is used up. */
  seen(timeNs: bigint): boolean {
    this.#firstNs ??= timeNs;
    if (timeNs - this.#firstNs >= patienceNs) this.#open = true;
    return this.#open;
  }

  /** The mean luma (0..255) of a later picture; answers whether exposure has settled with it. */
  measured(luma: number): boolean {
    this.#lumas.push(luma);
    if (this.#lumas.length > steadyPictures) this.#lumas.shift();
    const tolerance = Math.max(steadyLevels, luma * steadyShare);
    const steady = this.#lumas.every((other) => Math.abs(other - luma) <= tolerance);
    if (this.#lumas.length === steadyPictures && luma >= darkLuma && steady) this.#open = true;
    return this.#open;
  }
}
