import { setImmediate } from "node:timers/promises";
import { isWithin, type CaptureSize, type FormatOffer, type RateRange, type SizeRange } from "./format-offer.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { IoctlRequest, Libc } from "./libc.ts";
import { decodeFourcc, encodeFourcc } from "./pixel-formats.ts";
import { VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMEINTERVALS, VIDIOC_ENUM_FRAMESIZES, VIDIOC_G_FMT } from "./requests.ts";
import { v4l2Fmtdesc, v4l2Format, v4l2Frmivalenum, v4l2Frmsizeenum } from "./structs.ts";
import * as videodev2 from "./videodev2.ts";

/** More entries than any driver has: the bound on a driver that never says EINVAL. */
const maxEntries = 1024;

/** Sizes that people ask for; those inside a stepwise range are listed with their rates. */
const usualSizes: readonly (readonly [number, number])[] = [
  [1920, 1080],
  [1600, 1200],
  [1280, 960],
  [1280, 720],
  [1024, 768],
  [800, 600],
  [640, 480],
  [640, 360],
  [320, 240],
];

/**
 * Everything an open capture device offers, in the driver's order. Sizes of a stepwise or continuous range: the usual ones
 * inside it and its largest; the range itself is in `range`. Only asks, changes nothing. Gives way to others between formats.
 *
 * @param wanted formats to look into further; the others are listed without sizes. Absent: all.
 */
export async function listFormats(
  libc: Libc,
  fd: number,
  bufferType: number,
  wanted: (fourcc: string) => boolean = () => true,
): Promise<readonly FormatOffer[]> {
  const offers: FormatOffer[] = [];
  const description = new StructBuffer(v4l2Fmtdesc);
  for (let index = 0; index < maxEntries; index += 1) {
    description.bytes.fill(0);
    description.setUint32("index", index).setUint32("type", bufferType);
    if (libc.tryIoctl(fd, VIDIOC_ENUM_FMT, description.bytes) !== 0) break;
    const fourcc = decodeFourcc(description.uint32("pixelformat"));
    const flags = description.uint32("flags");
    offers.push({
      fourcc,
      description: description.text("description"),
      compressed: (flags & videodev2.V4L2_FMT_FLAG_COMPRESSED) !== 0,
      emulated: (flags & videodev2.V4L2_FMT_FLAG_EMULATED) !== 0,
      ...(wanted(fourcc) ? listSizes(libc, fd, bufferType, fourcc) : { sizes: [] }),
    });
    await setImmediate();
  }
  return offers;
}

function listSizes(libc: Libc, fd: number, bufferType: number, fourcc: string): Pick<FormatOffer, "sizes" | "range"> {
  const entry = new StructBuffer(v4l2Frmsizeenum);
  const sizes: CaptureSize[] = [];
  const withRates = (width: number, height: number): CaptureSize => ({
    width,
    height,
    rates: listRates(libc, fd, fourcc, width, height),
  });
  for (
    let index = 0;
    index < maxEntries && enumerate(libc, fd, VIDIOC_ENUM_FRAMESIZES, entry, index, fourcc);
    index += 1
  ) {
    if (entry.uint32("type") !== videodev2.V4L2_FRMSIZE_TYPE_DISCRETE) {
      const range = readRange(entry);
      return { range, sizes: sizesWithin(range).map(([width, height]) => withRates(width, height)) };
    }
    sizes.push(withRates(entry.uint32("u.discrete.width"), entry.uint32("u.discrete.height")));
  }
  if (sizes.length > 0) return { sizes };
  const present = presentSize(libc, fd, bufferType, fourcc);
  return { sizes: present ? [withRates(present[0], present[1])] : [] };
}

/** Asks for entry `index` of `fourcc`; false at the end of the list, or where the driver has none. */
function enumerate(
  libc: Libc,
  fd: number,
  request: IoctlRequest,
  entry: StructBuffer,
  index: number,
  fourcc: string,
): boolean {
  entry.bytes.fill(0);
  entry.setUint32("index", index).setUint32("pixel_format", encodeFourcc(fourcc));
  return libc.tryIoctl(fd, request, entry.bytes) === 0;
}

function readRange(entry: StructBuffer): SizeRange {
  const at = (field: string): number => entry.uint32(`u.stepwise.${field}`);
  // A continuous range is a stepwise one of single pixels; not every driver fills the steps in.
  const continuous = entry.uint32("type") === videodev2.V4L2_FRMSIZE_TYPE_CONTINUOUS;
  return {
    continuous,
    minWidth: at("min_width"),
    maxWidth: at("max_width"),
    stepWidth: continuous ? 1 : Math.max(1, at("step_width")),
    minHeight: at("min_height"),
    maxHeight: at("max_height"),
    stepHeight: continuous ? 1 : Math.max(1, at("step_height")),
  };
}

function sizesWithin(range: SizeRange): (readonly [number, number])[] {
  const usual = usualSizes.filter(([width, height]) => isWithin(range, width, height));
  const isListed = usual.some(([width, height]) => width === range.maxWidth && height === range.maxHeight);
  return isListed ? usual : [[range.maxWidth, range.maxHeight], ...usual];
}

/** Old drivers list no sizes: what they are set to now is the one that is known to work. */
function presentSize(
  libc: Libc,
  fd: number,
  bufferType: number,
  fourcc: string,
): readonly [number, number] | undefined {
  const format = new StructBuffer(v4l2Format).setUint32("type", bufferType);
  if (libc.tryIoctl(fd, VIDIOC_G_FMT, format.bytes) !== 0) return undefined;
  const pix = bufferType === videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE ? "fmt.pix" : "fmt.pix_mp";
  if (format.uint32(`${pix}.pixelformat`) !== encodeFourcc(fourcc)) return undefined;
  return [format.uint32(`${pix}.width`), format.uint32(`${pix}.height`)];
}

/** The rates at one size, in the driver's order; empty where it does not say. */
export function listRates(libc: Libc, fd: number, fourcc: string, width: number, height: number): RateRange[] {
  const entry = new StructBuffer(v4l2Frmivalenum);
  const rates: RateRange[] = [];
  for (let index = 0; index < maxEntries; index += 1) {
    entry.bytes.fill(0);
    entry.setUint32("index", index).setUint32("pixel_format", encodeFourcc(fourcc));
    entry.setUint32("width", width).setUint32("height", height);
    if (libc.tryIoctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, entry.bytes) !== 0) break;
    const rate = (path: string): number => entry.uint32(`${path}.denominator`) / entry.uint32(`${path}.numerator`);
    if (entry.uint32("type") === videodev2.V4L2_FRMIVAL_TYPE_DISCRETE) {
      const fps = rate("u.discrete");
      rates.push({ minFps: fps, maxFps: fps });
    } else {
      // The longest interval is the lowest rate.
      return [{ minFps: rate("u.stepwise.max"), maxFps: rate("u.stepwise.min") }];
    }
  }
  return rates.filter(({ maxFps }) => Number.isFinite(maxFps));
}
