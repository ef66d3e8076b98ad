import { DeviceError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { BufferQueue } from "./buffer-queue.ts";
import { chooseFormat, type FormatWish } from "./choose-format.ts";
import { queryCapture } from "./devices.ts";
import { formatOffer } from "./format-offer.ts";
import { listFormats } from "./formats.ts";
import { hasUsualPlanes } from "./frame-reader.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { Libc } from "./libc.ts";
import { mismatch, setFormat, setRate, type GrantedFormat } from "./negotiate.ts";
import { pixelLayout } from "./pixel-formats.ts";
import { VIDIOC_SUBSCRIBE_EVENT } from "./requests.ts";
import { v4l2EventSubscription } from "./structs.ts";
import * as videodev2 from "./videodev2.ts";

export interface OpenCaptureOptions extends FormatWish {
  readonly libc: Libc;
  readonly fd: number;
  readonly device: string;
  readonly onOpen?: (fd: number) => void | Promise<void>;
  readonly log: Log;
}

/** An open device, ready to stream. */
export interface Capture {
  readonly bufferType: number;
  readonly format: GrantedFormat;
  /** Frames a second as the driver granted them; 0 where it does not say. */
  readonly fps: number;
  readonly queue: BufferQueue;
}

/** As many as keep a camera going while a busy machine is late. */
const manyBuffers = 8;
/** The fewest to ask for: one being filled, one being read, one waiting, one for the delay between. */
const fewBuffers = 4;
/** Memory up to which more buffers are cheap. */
const cheapBytes = 32 * 1024 * 1024;

/** Everything between open and STREAMON. Throws DeviceError or SystemCallError, with no buffer left behind. */
export async function openCapture(options: OpenCaptureOptions): Promise<Capture> {
  const { libc, fd, device, log } = options;
  const bufferType = captureType(options);
  const wish = toWish(options);
  const offers = await listFormats(libc, fd, bufferType, (fourcc) => pixelLayout(fourcc) !== undefined);
  const choice = chooseFormat(offers, wish, device);
  const refuse = (granted: string): DeviceError =>
    mismatch(
      device,
      wish,
      granted,
      offers
        .filter(({ fourcc }) => pixelLayout(fourcc))
        .map(formatOffer)
        .join("; "),
    );
  const format = await setFormat(libc, fd, bufferType, choice, wish, refuse);
  if (!hasUsualPlanes(format)) throw refuse(`${format.fourcc} in unusual planes`);
  const fps = await setRate(libc, fd, bufferType, choice.fps);
  const wanted = options.fps ?? 0;
  if (wanted > 0 && fps > 0 && Math.abs(fps - wanted) > wanted * 0.02) {
    log.warn(
      { device, wanted, granted: fps },
      `${device} gives ${Math.round(fps * 100) / 100} fps instead of ${wanted}`,
    );
  }
  await options.onOpen?.(fd);
  subscribeToChanges(libc, fd);
  const queue = await createQueue(libc, fd, bufferType, format);
  return { bufferType, format, fps, queue };
}

function captureType({ libc, fd, device }: OpenCaptureOptions): number {
  const capability = queryCapture(libc, fd);
  if (!capability) throw new DeviceError("unsupported", `${device} is not for capturing video with streaming buffers`);
  return capability.multiplanar ? videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

function toWish({ device, format, width, height, fps }: OpenCaptureOptions): FormatWish {
  if (format === "h264") {
    throw new DeviceError(
      "unsupported",
      `${device}: capturing H.264 comes with a later version; use format auto or mjpeg`,
    );
  }
  return {
    format,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(fps === undefined ? {} : { fps }),
  };
}

/** HDMI grabbers tell when their signal changes; webcams have no such event and say ENOTTY or EINVAL. */
function subscribeToChanges(libc: Libc, fd: number): void {
  const subscription = new StructBuffer(v4l2EventSubscription);
  subscription.setUint32("type", videodev2.V4L2_EVENT_SOURCE_CHANGE);
  libc.tryIoctl(fd, VIDIOC_SUBSCRIBE_EVENT, subscription.bytes);
}

function createQueue(libc: Libc, fd: number, bufferType: number, { planes }: GrantedFormat): Promise<BufferQueue> {
  const sizeBytes = planes.reduce((sum, plane) => sum + plane.sizeBytes, 0);
  const count = sizeBytes * manyBuffers <= cheapBytes ? manyBuffers : fewBuffers;
  return BufferQueue.create(libc, fd, bufferType, planes.length, count);
}
