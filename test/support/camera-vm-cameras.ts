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

/** The one vivid device, by the name that is the same after {@link rebindVivid}. */
export const vividPath = "/dev/v4l/by-path/platform-vivid.0-video-index0";

const vividDriver = "/sys/bus/platform/drivers/vivid";

/**
 * Makes vivid's device answer as an unplugged one does, by its own control; its node stays until {@link rebindVivid}.
 * Resolves to the guest's monotonic time in ns.
 */
export async function disconnectVivid(vm: CameraVm): Promise<bigint> {
  return (await vm.run(["v4l2-ctl", "-d", vividPath, "-c", "disconnect=1"])).startedNs;
}

/** Takes vivid's device away, node and all. Resolves to the guest's monotonic time, in ns, when it is gone. */
export async function unbindVivid(vm: CameraVm): Promise<bigint> {
  const { endedNs } = await vm.shell(
    `echo vivid.0 > ${vividDriver}/unbind; while [ -e ${vividPath} ]; do udevadm settle; done`,
  );
  return endedNs;
}

/** Plugs vivid in anew. Resolves to the guest's monotonic time, in ns, at which its node was there. */
export async function rebindVivid(vm: CameraVm): Promise<bigint> {
  const { endedNs } = await vm.shell(
    `if [ -e ${vividDriver}/vivid.0 ]; then echo vivid.0 > ${vividDriver}/unbind; fi
     echo vivid.0 > ${vividDriver}/bind; until [ -e ${vividPath} ]; do udevadm settle; done`,
  );
  return endedNs;
}

/** Loads v4l2loopback: /dev/video10 and /dev/video11, fed by whoever writes to them. */
export async function plugLoopback(vm: CameraVm): Promise<void> {
  await vm.shell(
    `modprobe v4l2loopback devices=2 video_nr=10,11 card_label=LoopA,LoopB exclusive_caps=0,0 max_buffers=8
     udevadm settle`,
  );
}

/** A clip in a file, and the size of its pictures. */
export interface MjpegClip {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** Makes a clip of a moving test picture, two seconds long, in the shared folder. */
export async function makeMjpegClip(vm: CameraVm, width: number, height: number): Promise<MjpegClip> {
  const path = join(vm.outDirectory, `${width}x${height}.mjpeg`);
  const source = `testsrc2=size=${width}x${height}:rate=30:duration=2`;
  const input = ["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuvj420p"];
  await promisify(execFile)("ffmpeg", [...input, "-c:v", "mjpeg", "-q:v", "8", "-y", path]);
  return { path, width, height };
}

/** Feeds a v4l2loopback node with a clip, over and over, 30 pictures a second; a camera that runs until this is ended. */
export async function feedLoopback(vm: CameraVm, node: string, clip: MjpegClip): Promise<GuestProcess> {
  const { path, width, height } = clip;
  const feeder = vm.start([join(vm.preparedDirectory, "loopback-feeder"), node, path, `${width}`, `${height}`, "30"]);
  await feeder.line(/^feeding$/m, 30_000);
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
    const clips = await Promise.all([makeMjpegClip(vm, 640, 480), makeMjpegClip(vm, 1280, 720)]);
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

  /** Pulls it out, in the middle of whatever it does. Resolves to the guest's monotonic time just before, in ns. */
  async pull(): Promise<bigint> {
    const { endedNs } = await this.#vm.run(["true"]);
    this.#device?.kill("SIGKILL");
    await this.#device?.finished(10_000);
    this.#device = undefined;
    return endedNs;
  }

  /** What the webcam saw of its host since it was plugged in: `streaming on`, `brightness=20`, one a line. */
  get log(): string {
    return this.#device?.stdout ?? "";
  }
}
