import type { Clock } from "../../core/clock.ts";
import { DeviceError } from "../../core/errors.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { Libc } from "./libc.ts";
import { presentFormat } from "./negotiate.ts";
import type { Capture } from "./open-capture.ts";
import { VIDIOC_DQEVENT } from "./requests.ts";
import { StallWatch } from "../stall-watch.ts";
import { v4l2Event, v4l2Format } from "./structs.ts";
import * as videodev2 from "./videodev2.ts";

export interface StreamFramesOptions {
  readonly libc: Libc;
  readonly fd: number;
  readonly device: string;
  readonly capture: Capture;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** See V4l2SourceOptions. */
  readonly onControlChange?: () => void;
  /** Takes the frames that are there; returns how many buffers it took. */
  read(): number;
}

const checkEveryMs = 500;
/** The first wake-ups after which the watch is armed anew: by then one of them will have found no frame ready. */
const earlyWakes = 4;

/**
 * Reads whenever the device is ready until `signal` aborts (resolves), or until it fails, falls silent or changes its format
 * (rejects). Neither timer nor watch is left behind.
 */
export function streamFrames(options: StreamFramesOptions): Promise<void> {
  const { libc, fd, clock, signal } = options;
  return new Promise((resolve, reject) => {
    const stall = new StallWatch(clock, 0, (silentMs) => end(() => reject(stalled(options.device, silentMs))));
    const changes = new ChangeCheck(options);
    let cancelTimer = (): void => {};
    const end = (settle: () => void): void => {
      watch.stop();
      stall.stop();
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = (): void => end(resolve);
    /** Whatever goes wrong in a callback ends the stream, and nothing escapes to the event loop. */
    const guarded = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        end(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    let wakes = 0;
    let hasRead = false;
    const read = (): number => {
      const count = options.read();
      if (count > 0) {
        stall.picture();
        hasRead = true;
      }
      return count;
    };
    const watch = libc.poll(fd, ({ failed }) =>
      guarded(() => {
        const count = read();
        if (count === 0 && failed)
          throw new DeviceError("failed", `${options.device} reports an error and gives no more frames`);
        wakes += 1;
        if (wakes <= earlyWakes) watch.rearm();
      }),
    );
    const check = (): void =>
      guarded(() => {
        cancelTimer = clock.after(checkEveryMs, check);
        changes.check();
        if (!hasRead) {
          // Silence may also be ours: a wake-up that never came.
          read();
          watch.rearm();
        }
        hasRead = false;
      });
    cancelTimer = clock.after(checkEveryMs, check);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function stalled(device: string, silentMs: number): DeviceError {
  const seconds = (silentMs / 1000).toFixed(1);
  return new DeviceError("stalled", `${device} has sent no frame for ${seconds} s`);
}

/**
 * Notices that the camera is not set to what it was set to: another signal, or a feeder that began anew; and passes on that
 * its controls were changed.
 */
class ChangeCheck {
  readonly #options: StreamFramesOptions;
  readonly #event = new StructBuffer(v4l2Event);
  readonly #format = new StructBuffer(v4l2Format);

  constructor(options: StreamFramesOptions) {
    this.#options = options;
  }

  /** Throws DeviceError when it has changed. */
  check(): void {
    const { libc, fd, device, capture, onControlChange } = this.#options;
    let hasControlChange = false;
    // Never waits: the descriptor is non-blocking, and with no event it says ENOENT.
    while (libc.tryIoctl(fd, VIDIOC_DQEVENT, this.#event.bytes) === 0) {
      const type = this.#event.uint32("type");
      hasControlChange ||= type === videodev2.V4L2_EVENT_CTRL;
      const isSourceChange = type === videodev2.V4L2_EVENT_SOURCE_CHANGE;
      if (isSourceChange) throw new DeviceError("failed", `${device}: its input signal changed, opening it again`);
    }
    if (hasControlChange) onControlChange?.();
    const { fourcc, width, height } = capture.format;
    const now = presentFormat(libc, fd, capture.bufferType, this.#format);
    if (!now || (now.fourcc === fourcc && now.width === width && now.height === height)) return;
    const change = `${fourcc} ${width}x${height} to ${now.fourcc} ${now.width}x${now.height}`;
    throw new DeviceError("failed", `${device} changed from ${change}, opening it again`);
  }
}
