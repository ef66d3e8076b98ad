import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CameraVm } from "./camera-vm.ts";
import type { GuestProcess } from "./camera-vm-process.ts";

/** How vivid is loaded; see Documentation/admin-guide/media/vivid.rst. */
export interface VividOptions {
  /** Planes of each device: 1 single-planar, 2 multi-planar. One device for each entry. */
  readonly planes?: readonly (1 | 2)[];
  /** Bit 0: video capture nodes. Default 1: nothing else. */
  readonly nodeTypes?: number;
}

/** Loads vivid: /dev/video0 and up in the order of `planes`. Resolves when udev has made the links. */
export async function plugVivid(vm: CameraVm, options: VividOptions = {}): Promise<void> {
  const planes = options.planes ?? [1];
  const types = planes.map(() => options.nodeTypes ?? 1).join(",");
  const numbers = planes.map((_, index) => index).join(",");
  await vm.shell(
    `modprobe vivid n_devs=${planes.length} node_types=${types} multiplanar=${planes.join(",")} vid_cap_nr=${numbers}
     udevadm settle`,
  );
}

/** Loads v4l2loopback: /dev/video10 and /dev/video11, fed by whoever writes to them. */
export async function plugLoopback(vm: CameraVm): Promise<void> {
  await vm.shell(
    `modprobe v4l2loopback devices=2 video_nr=10,11 card_label=LoopA,LoopB exclusive_caps=0,0 max_buffers=8
     udevadm settle`,
  );
}

/** Makes a clip of a moving test picture for {@link feedLoopback} and {@link UsbWebcam}: JPEGs one after the other. */
export async function makeMjpegClip(path: string, size: string, seconds = 2): Promise<void> {
  const source = `testsrc2=size=${size}:rate=30:duration=${seconds}`;
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuvj420p"],
    ...["-c:v", "mjpeg", "-q:v", "8", "-y", path],
  ]);
}

/** Feeds a v4l2loopback node with a clip, over and over; a camera that runs until the feeder is ended. */
export async function feedLoopback(vm: CameraVm, node: string, clip: string): Promise<GuestProcess> {
  const feeder = vm.start([
    ...["ffmpeg", "-v", "error", "-nostdin", "-progress", "pipe:1", "-stats_period", "0.1"],
    ...["-re", "-stream_loop", "-1", "-f", "mjpeg", "-framerate", "30", "-i", clip, "-c", "copy", "-f", "v4l2", node],
  ]);
  await feeder.line(/^frame=[1-9]/m, 30_000);
  return feeder;
}

/** A USB webcam in software, seen by uvcvideo: MJPEG and YUYV, 640x480 and 1280x720, at 30, 15 and 5 pictures a second. */
export class UsbWebcam {
  readonly #vm: CameraVm;
  readonly #serial: string;
  readonly #clips: readonly string[];
  #device: GuestProcess | undefined;

  private constructor(vm: CameraVm, serial: string, clips: readonly string[]) {
    this.#vm = vm;
    this.#serial = serial;
    this.#clips = clips;
  }

  /** Makes its pictures and loads the drivers; it is not plugged in yet. One at a time to a machine. */
  static async make(vm: CameraVm, serial: string): Promise<UsbWebcam> {
    const clips = ["640x480", "1280x720"].map((size) => ({ size, path: join(vm.outDirectory, `usb-${size}.mjpeg`) }));
    await Promise.all(clips.map(({ size, path }) => makeMjpegClip(path, size)));
    await vm.shell("modprobe -a uvcvideo vhci_hcd");
    return new UsbWebcam(
      vm,
      serial,
      clips.map(({ path }) => path),
    );
  }

  /** The name that udev gives it, the same after every plug. */
  get byId(): string {
    return `/dev/v4l/by-id/usb-Sightline_Test_Webcam_${this.#serial}-video-index0`;
  }

  /** Plugs it in. Resolves to the guest's monotonic time, in ns, at which udev had made its link. */
  async plug(): Promise<bigint> {
    this.#device = this.#vm.start([join(this.#vm.preparedDirectory, "usb-webcam"), this.#serial, ...this.#clips]);
    await this.#device.line(/^configured$/m, 20_000);
    const { endedNs } = await this.#vm.shell(`until [ -e ${this.byId} ]; do udevadm settle; done`);
    return endedNs;
  }

  /** Pulls it out, in the middle of whatever it does. Resolves to the guest's monotonic time in ns. */
  async pull(): Promise<bigint> {
    this.#device?.kill("SIGKILL");
    const result = await this.#device?.finished(10_000);
    this.#device = undefined;
    return result?.endedNs ?? 0n;
  }

  /** What the webcam saw of its host since it was plugged in: `streaming on`, `brightness=20`, one a line. */
  get log(): string {
    return this.#device?.stdout ?? "";
  }
}
