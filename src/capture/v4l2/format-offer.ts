/** Frame rates a second; a discrete rate has both ends equal. */
export interface RateRange {
  readonly minFps: number;
  readonly maxFps: number;
}

/** One picture size with its rates; none where the driver does not list them. */
export interface CaptureSize {
  readonly width: number;
  readonly height: number;
  readonly rates: readonly RateRange[];
}

/** A stepwise range of sizes: every `step` from `min` to `max`. */
export interface SizeRange {
  readonly continuous: boolean;
  readonly minWidth: number;
  readonly maxWidth: number;
  readonly stepWidth: number;
  readonly minHeight: number;
  readonly maxHeight: number;
  readonly stepHeight: number;
}

/** One pixel format of a camera and what it does in it. */
export interface FormatOffer {
  /** `MJPG`, `YUYV`, … */
  readonly fourcc: string;
  /** The driver's words. */
  readonly description: string;
  readonly compressed: boolean;
  readonly emulated: boolean;
  /** Discrete sizes, or samples of `range`. */
  readonly sizes: readonly CaptureSize[];
  readonly range?: SizeRange;
}

/** Whether `width` x `height` is one of the sizes of a range. */
export function isWithin(range: SizeRange, width: number, height: number): boolean {
  return (
    width >= range.minWidth &&
    width <= range.maxWidth &&
    (width - range.minWidth) % range.stepWidth === 0 &&
    height >= range.minHeight &&
    height <= range.maxHeight &&
    (height - range.minHeight) % range.stepHeight === 0
  );
}

/** `30`, `29.97`, or `1-60` where a driver takes any rate between. */
export function formatRate({ minFps, maxFps }: RateRange): string {
  const short = (fps: number): string => String(Math.round(fps * 100) / 100);
  return minFps === maxFps ? short(maxFps) : `${short(minFps)}-${short(maxFps)}`;
}

/** One line: `MJPG 1280x720 (30, 15 fps), 640x480 (30 fps)`. */
export function formatOffer(offer: FormatOffer): string {
  const sizes = offer.sizes.map(({ width, height, rates }) => {
    const size = `${width}x${height}`;
    return rates.length === 0 ? size : `${size} (${rates.map(formatRate).join(", ")} fps)`;
  });
  const { range } = offer;
  const span = range && `${range.minWidth}x${range.minHeight} to ${range.maxWidth}x${range.maxHeight}, e.g.`;
  return [offer.fourcc, span, sizes.join(", ")].filter((part) => part).join(" ");
}
