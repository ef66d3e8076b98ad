import { DeviceError } from "../../core/errors.ts";
import { formatOffer, isWithin, type CaptureSize, type FormatOffer, type RateRange } from "./format-offer.ts";
import { pixelFormatRank, pixelLayout } from "./pixel-formats.ts";

/** What the configuration asks for. */
export interface FormatWish {
  /** `auto` or one of `mjpeg`, `yuyv`, `uyvy`, `nv12`, `yu12`, `rgb24`, `bgr24`, `grey`. */
  readonly format: string;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
}

/** What to set the camera to. */
export interface FormatChoice {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  /** 0: leave the camera at its own rate, because it lists none. */
  readonly fps: number;
}

interface Candidate extends FormatChoice {
  readonly area: number;
  readonly rank: number;
}

/** Below this a picture is a slide show. */
const fluentFps = 15;
/** What is taken of a camera that can do more, where nothing was asked for. */
const usualFps = 30;
/** Drivers round: 29.97 is 30, 14.985 is 15. */
const rateTolerance = 0.98;

/**
 * Chooses a format, by this rule:
 *
 * 1. Only what was asked for counts: `format`, `width` and `height`, where given, are kept exactly.
 * 2. Of the rest, the first of these that the camera has, at the wished rate or, where none was given, at least 15 fps:
 *    MJPEG up to 1920x1080; raw colour up to 1280x720; MJPEG of any size; raw colour of any size; grey.
 *    Where nothing is that fast: the same at 15 fps, then at any rate, the fastest first.
 *    Sizes that were asked for know no upper limit.
 * 3. Within one of them the largest picture up to the limit wins, beyond the limit the smallest; then the higher rate;
 *    then the format that is cheapest to turn into JPEG (YUYV, UYVY, NV12, YU12, RGB24, BGR24).
 * 4. The rate: the lowest one that reaches the wish, else the highest; without a wish, the highest up to 30 fps.
 *
 * @param device how to name the camera in errors
 * @throws DeviceError `format`, listing what the camera can do
 */
export function chooseFormat(offers: readonly FormatOffer[], wish: FormatWish, device: string): FormatChoice {
  const usable = offers.filter((offer) => pixelLayout(offer.fourcc) !== undefined);
  const candidates = usable.flatMap((offer) => candidatesOf(offer, wish));
  const chosen = best(candidates, wish);
  if (!chosen) throw refusal(offers, wish, device);
  const { fourcc, width, height, fps } = chosen;
  return { fourcc, width, height, fps };
}

function candidatesOf(offer: FormatOffer, wish: FormatWish): Candidate[] {
  if (wish.format !== "auto" && pixelLayout(offer.fourcc)?.name !== wish.format) return [];
  return sizesOf(offer, wish).map(({ width, height, rates }) => ({
    fourcc: offer.fourcc,
    width,
    height,
    fps: chooseRate(rates, wish.fps),
    area: width * height,
    rank: pixelFormatRank(offer.fourcc),
  }));
}

function sizesOf(offer: FormatOffer, wish: FormatWish): readonly CaptureSize[] {
  const { sizes, range } = offer;
  const listed = sizes.filter(
    ({ width, height }) => (wish.width ?? width) === width && (wish.height ?? height) === height,
  );
  if (listed.length > 0 || !range || (wish.width === undefined && wish.height === undefined)) return listed;
  // Nobody lists the rates at every size of a range: those at its nearest sample are close enough to choose by.
  const { width = Math.min(range.maxWidth, usualWidth), height = Math.min(range.maxHeight, usualHeight) } = wish;
  return isWithin(range, width, height) ? [{ width, height, rates: sizes[0]?.rates ?? [] }] : [];
}

/** The other side of a range where only one was asked for. */
const usualWidth = 1280;
const usualHeight = 720;

function chooseRate(rates: readonly RateRange[], wish: number | undefined): number {
  if (rates.length === 0) return wish ?? 0;
  const target = wish ?? usualFps;
  const reachable = rates.map(({ minFps, maxFps }) => Math.min(maxFps, Math.max(minFps, target)));
  const enough = reachable.filter((fps) => fps >= target * rateTolerance);
  const notMore = reachable.filter((fps) => fps <= target / rateTolerance);
  if (wish !== undefined && enough.length > 0) return Math.min(...enough);
  return notMore.length > 0 ? Math.max(...notMore) : Math.min(...reachable);
}

/** One step of rule 2. */
interface Stage {
  accepts(candidate: Candidate): boolean;
  /** Whether the largest picture wins; otherwise all are over the limit already and the smallest does. */
  readonly largestFirst: boolean;
}

const isJpeg = ({ fourcc }: Candidate): boolean => pixelLayout(fourcc)?.codec === "jpeg";
const isGrey = ({ fourcc }: Candidate): boolean => fourcc === "GREY";
const isColour = (candidate: Candidate): boolean => !isJpeg(candidate) && !isGrey(candidate);

/** Pictures of a kind up to a size. */
function upTo(maxWidth: number, maxHeight: number, isKind: (candidate: Candidate) => boolean): Stage {
  const fits = ({ width, height }: Candidate): boolean => width <= maxWidth && height <= maxHeight;
  return { accepts: (candidate) => isKind(candidate) && fits(candidate), largestFirst: true };
}

const stages: readonly Stage[] = [
  upTo(1920, 1080, isJpeg),
  upTo(1280, 720, isColour),
  { accepts: isJpeg, largestFirst: false },
  { accepts: isColour, largestFirst: false },
  upTo(1280, 720, isGrey),
  { accepts: isGrey, largestFirst: false },
];
const unlimitedStages: readonly Stage[] = [isJpeg, isColour, isGrey].map((accepts) => ({
  accepts,
  largestFirst: true,
}));

function best(candidates: readonly Candidate[], wish: FormatWish): Candidate | undefined {
  const hasSize = wish.width !== undefined || wish.height !== undefined;
  const floors = wish.fps === undefined ? [fluentFps] : [wish.fps, Math.min(fluentFps, wish.fps)];
  for (const floor of floors) {
    for (const stage of hasSize ? unlimitedStages : stages) {
      const fitting = candidates.filter((one) => stage.accepts(one) && isFast(one, floor));
      const [first] = fitting.sort(byPreference(stage));
      if (first) return first;
    }
  }
  const fastest = Math.max(...candidates.map(({ fps }) => fps));
  const fastestOnes = candidates.filter(({ fps }) => fps >= fastest * rateTolerance);
  return fastestOnes.sort((a, b) => a.rank - b.rank || b.area - a.area)[0];
}

/** A rate that nobody told is taken to be enough. */
function isFast({ fps }: Candidate, floor: number): boolean {
  return fps === 0 || fps >= floor * rateTolerance;
}

function byPreference({ largestFirst }: Stage): (a: Candidate, b: Candidate) => number {
  const sign = largestFirst ? 1 : -1;
  return (a, b) => sign * (b.area - a.area) || b.fps - a.fps || a.rank - b.rank;
}

/** `format mjpeg, 1280x720` as the configuration has it. */
export function formatWish({ format, width, height, fps }: FormatWish): string {
  const size = width === undefined && height === undefined ? undefined : `${width ?? "any"}x${height ?? "any"}`;
  return [`format ${format}`, size, fps && `${fps} fps`].filter((part) => part).join(", ");
}

/** Says no, and what there is instead. */
function refusal(offers: readonly FormatOffer[], wish: FormatWish, device: string): DeviceError {
  const usable = offers.filter((offer) => pixelLayout(offer.fourcc) !== undefined);
  if (offers.length === 0) {
    return new DeviceError(
      "format",
      `${device} offers no format at all: nothing feeds it yet, or its driver needs setting up`,
    );
  }
  if (usable.length === 0) {
    const all = offers.map(({ fourcc }) => fourcc).join(", ");
    return new DeviceError("format", `${device} offers no format that Sightline can use; it has ${all}`);
  }
  const can = usable.map(formatOffer).join("; ");
  return new DeviceError("format", `${device} cannot do ${formatWish(wish)}; it can do: ${can}`);
}
