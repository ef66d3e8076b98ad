import { stat } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Source, SourceSink } from "../source.ts";
import type { FormatWish } from "./choose-format.ts";
import { openCapture, type Capture } from "./open-capture.ts";
import { toDeviceError } from "./device-errors.ts";
import { FrameReader } from "./frame-reader.ts";
import { libc as systemLibc, type Libc } from "./libc.ts";
import { streamFrames } from "./stream-frames.ts";

export interface V4l2SourceOptions extends FormatWish {
  /** Any path: by-id, by-path, `/dev/videoN`. */
  readonly device: string;
  /** The device is open and its format set; streaming begins when this is done. What it rejects with ends the run. */
  readonly onOpen?: (fd: number) => void | Promise<void>;
  /** The device streams: some drivers take certain controls only now. Must not throw. */
  readonly onStreaming?: (fd: number) => void;
  /** Somebody else changed controls that are subscribed to; told at most every 500 ms. Must not throw. */
  readonly onControlChange?: () => void;
  readonly log: Log;
  readonly clock: Clock;
  /** The system calls; the machine's own unless a test has others. */
  readonly libc?: Libc;
}

/**
 * A camera through V4L2. Every run opens the device anew, so that a replugged camera, another kernel number or a changed
 * signal is nothing special, and leaves nothing open, mapped or watched behind.
 */
export function createV4l2Source(options: V4l2SourceOptions): Source {
  const { device } = options;
  return {
    origin: device,
    run: (sink, signal) => run(options, sink, signal),
    async absence() {
      try {
        const node = await stat(device);
        return node.isCharacterDevice() ? undefined : `${device} is not a device`;
      } catch {
        return `${device} is not there: unplugged?`;
      }
    },
  };
}

async function run(options: V4l2SourceOptions, sink: SourceSink, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const libc = options.libc ?? systemLibc;
  try {
    const fd = await libc.worker.open(options.device);
    try {
      await capture(options, libc, fd, sink, signal);
    } finally {
      await libc.worker.close(fd);
    }
  } catch (error) {
    if (!signal.aborted) throw await toDeviceError(error, options.device);
    options.log.debug({ err: error, device: options.device }, "the camera failed while it was being closed");
  }
}

async function capture(
  options: V4l2SourceOptions,
  libc: Libc,
  fd: number,
  sink: SourceSink,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const opened = await openCapture({ ...options, libc, fd });
  try {
    if (signal.aborted) return;
    await opened.queue.start();
    options.onStreaming?.(fd);
    sink.format(describe(opened));
    const reader = new FrameReader(opened.queue, opened.format, () => options.clock.monotonicNs());
    await streamFrames({ ...options, libc, fd, signal, capture: opened, read: () => reader.read(sink) });
  } finally {
    await opened.queue.close();
  }
}

function describe({ format, fps }: Capture): Parameters<SourceSink["format"]>[0] {
  const { fourcc, layout, width, height } = format;
  return { codec: layout.codec, pixelFormat: fourcc, width, height, fps };
}
