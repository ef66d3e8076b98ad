import { CaptureChannel } from "./capture/capture-channel.ts";
import type { MeanLuma } from "./capture/ingest.ts";
import type { Source } from "./capture/source.ts";
import type { FormatOffer } from "./capture/v4l2/format-offer.ts";
import type { CameraConfig } from "./config/schema.ts";
import type { Clock } from "./core/clock.ts";
import { DeviceError } from "./core/errors.ts";
import type { Log } from "./core/log.ts";
import type { ControlsPort } from "./hub/camera-controls.ts";
import type { CameraFeed } from "./hub/camera-feed.ts";
import type { OfferedFormat } from "./outputs/api/camera-view.ts";
import { memoryStore } from "./store/memory-store.ts";
import type { StateStore } from "./store/state-file.ts";

/** Quality of pictures that we encode ourselves, 1 to 100; ustreamer's default, and what `/state` tells. */
export const jpegQuality = 80;

/** What every camera is built with. */
export interface AssemblyTools {
  readonly clock: Clock;
  readonly log: Log;
  /** What is set at run time is kept there. Default: remembered until the process ends. */
  readonly store?: StateStore;
}

/** Which camera to build; `config` has every key but `id` and `device`, which are known by now. */
export interface CameraPlan {
  readonly id: string;
  readonly name: string;
  readonly kind: CameraFeed["source"];
  readonly config: Pick<
    CameraConfig,
    "command" | "format" | "width" | "height" | "fps" | "capture" | "lingerSeconds" | "controls"
  >;
  /** For `v4l2`: the device's path; undefined: the first capture device. */
  readonly device: string | undefined;
}

/** A camera that was built but not started. */
export interface AssembledCamera {
  readonly channel: CaptureChannel;
  readonly controls: ControlsPort | undefined;
  formats(): Promise<readonly OfferedFormat[] | undefined>;
  /** Ends capture and everything that derives from it. */
  stop(): Promise<void>;
}

interface SourceParts {
  readonly source: Source;
  readonly controls?: ControlsPort;
  readonly formats?: () => Promise<readonly OfferedFormat[] | undefined>;
  /** Whether there is an exposure to wait for. */
  readonly hasSensor: boolean;
}

/** Builds one camera: its source, its channel and the JPEG track of a raw source. Loads only what this camera needs. */
export async function assembleCamera(plan: CameraPlan, tools: AssemblyTools): Promise<AssembledCamera> {
  const log = tools.log.child({ camera: plan.id });
  const { source, controls, formats, hasSensor } = await assembleSource(plan, { store: memoryStore(), ...tools, log });
  const channel = new CaptureChannel({
    id: plan.id,
    name: plan.name,
    kind: plan.kind,
    source,
    mode: plan.config.capture,
    lingerMs: plan.config.lingerSeconds * 1000,
    ...(hasSensor && { meanLuma: lazyMeanLuma }),
    clock: tools.clock,
    log,
  });
  const transcoder = await deriveJpeg(channel, log, tools.clock);
  return {
    channel,
    controls,
    formats: async () => formats?.(),
    stop: async () => {
      await Promise.all([channel.stop(), transcoder.stop()]);
    },
  };
}

/** Loads the decoder when the first camera is started, not before. */
const lazyMeanLuma: MeanLuma = async (frame) => (await import("./transcode/mean-luma.ts")).meanLuma(frame);

async function deriveJpeg(channel: CaptureChannel, log: Log, clock: Clock): Promise<{ stop(): Promise<void> }> {
  const { createRawToJpeg } = await import("./transcode/raw-to-jpeg.ts");
  let complaint: string | undefined;
  return createRawToJpeg({
    raw: channel.raw,
    jpeg: channel.jpeg,
    quality: jpegQuality,
    onDrop: (cause) => channel.tally.drop(cause, 1),
    onError: (error) => {
      if (complaint !== error.message) log.warn({ err: error }, "a picture could not be encoded");
      complaint = error.message;
      // One bad picture is nothing; a camera of which there is none at all must not be called live.
      const isHopeless = channel.jpeg.latest === undefined;
      if (isHopeless)
        channel.fail(new DeviceError("failed", `${channel.origin}: pictures cannot be encoded (${complaint})`));
    },
    clock,
  });
}

async function assembleSource(plan: CameraPlan, tools: Required<AssemblyTools>): Promise<SourceParts> {
  const { config, kind } = plan;
  if (kind === "command") {
    const { createCommandSource } = await import("./capture/command/command-source.ts");
    const fps = config.fps === undefined ? {} : { fps: config.fps };
    return { source: createCommandSource({ command: config.command ?? [], ...fps, ...tools }), hasSensor: true };
  }
  if (kind === "test-pattern") {
    const { createTestPatternCamera } = await import("./capture/test-pattern/test-pattern-camera.ts");
    const { width = 1280, height = 720, fps = 10, controls } = config;
    return { ...createTestPatternCamera({ id: plan.id, width, height, fps, controls, ...tools }), hasSensor: false };
  }
  return assembleV4l2(plan, tools);
}

async function assembleV4l2({ config, device }: CameraPlan, tools: Required<AssemblyTools>): Promise<SourceParts> {
  const { createFirstV4l2Camera, createV4l2Camera } = await import("./capture/v4l2/v4l2-camera.ts");
  const { format, width, height, fps, controls } = config;
  const options = {
    format,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(fps !== undefined && { fps }),
    controls,
    ...tools,
  };
  const camera = device === undefined ? createFirstV4l2Camera(options) : createV4l2Camera({ ...options, device });
  return { ...camera, formats: async () => (await camera.formats()).map(toOfferedFormat), hasSensor: true };
}

function toOfferedFormat({ fourcc, sizes }: FormatOffer): OfferedFormat {
  return {
    pixelFormat: fourcc,
    sizes: sizes.map(({ width, height, rates }) => ({
      width,
      height,
      fps: [...new Set(rates.flatMap(({ minFps, maxFps }) => [minFps, maxFps]))].sort((a, b) => b - a),
    })),
  };
}
