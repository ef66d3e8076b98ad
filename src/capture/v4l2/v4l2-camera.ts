import type { Clock } from "../../core/clock.ts";
import { DeviceError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { ControlsPort, ControlValue } from "../../hub/camera-controls.ts";
import type { StateStore } from "../../store/state-file.ts";
import type { Source } from "../source.ts";
import type { FormatWish } from "./choose-format.ts";
import { createV4l2Controls } from "./controls.ts";
import { createLateControls } from "./late-controls.ts";
import { toDeviceError } from "./device-errors.ts";
import { listCaptureDevices, probeNode, queryCapture, type DeviceCapability } from "./devices.ts";
import type { FormatOffer } from "./format-offer.ts";
import { listFormats } from "./formats.ts";
import { libc } from "./libc.ts";
import { createV4l2Source } from "./v4l2-source.ts";
import * as videodev2 from "./videodev2.ts";

export interface V4l2CameraOptions extends FormatWish {
  /** Any path: by-id, by-path, `/dev/videoN`. */
  readonly device: string;
  /** Controls to set at every open, by normalised name. */
  readonly controls: Readonly<Record<string, ControlValue>>;
  /** What is set at run time is kept there. */
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** One V4L2 device: its pictures and its controls, which are set again whenever it is opened. */
export interface V4l2Camera {
  readonly source: Source;
  readonly controls: ControlsPort;
  /** What the device can do; opens it for a moment. Throws DeviceError. */
  formats(): Promise<readonly FormatOffer[]>;
}

/** Puts source and controls of one device together. Opens nothing yet. */
export function createV4l2Camera(options: V4l2CameraOptions): V4l2Camera {
  const { device, log, store } = options;
  const controls = createV4l2Controls({ device, initial: options.controls, log, store });
  const source = createV4l2Source({
    ...options,
    onOpen: (fd) => controls.apply(fd),
    onControlChange: () => controls.look(),
  });
  return {
    controls,
    formats: () => offeredFormats(options.device),
    source: {
      ...source,
      run: async (sink, signal) => {
        try {
          await source.run(sink, signal);
        } finally {
          controls.detach();
        }
      },
    },
  };
}

async function offeredFormats(device: string): Promise<readonly FormatOffer[]> {
  try {
    const fd = await libc.worker.open(device);
    try {
      const { V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE } = videodev2;
      const multiplanar = queryCapture(libc, fd)?.multiplanar === true;
      return await listFormats(
        libc,
        fd,
        multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE,
      );
    } finally {
      await libc.worker.close(fd);
    }
  } catch (error) {
    throw await toDeviceError(error, device);
  }
}

/**
 * The first capture device there is, looked for until there is one; from then on that one. For a configuration that names no
 * device.
 */
export function createFirstV4l2Camera(options: Omit<V4l2CameraOptions, "device">): V4l2Camera {
  let camera: V4l2Camera | undefined;
  const find = async (): Promise<V4l2Camera> => {
    if (camera) return camera;
    const [first] = (await listCaptureDevices(libc)).devices;
    if (!first) throw new DeviceError("gone", "there is no capture device: plug a camera in");
    camera ??= createV4l2Camera({ ...options, device: first.path }); // there may be one since: two looked at a time
    return camera;
  };
  const controls = createLateControls(async () => (await find()).controls);
  return {
    formats: async () => (await find()).formats(),
    controls,
    source: {
      origin: "the first capture device",
      run: async (sink, signal) => {
        const { source } = await find();
        await controls.connect();
        await source.run(sink, signal);
      },
      async absence() {
        try {
          return await (await find()).source.absence?.();
        } catch (error) {
          if (error instanceof DeviceError) return error.message;
          throw error;
        }
      },
    },
  };
}

/** What a node is, for DeviceWatch: undefined when it is no camera. */
export function probeCaptureNode(node: string): Promise<DeviceCapability | undefined> {
  return probeNode(libc, node);
}
