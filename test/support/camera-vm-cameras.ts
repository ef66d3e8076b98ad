import { join } from "node:path";
import { repository, type CameraVm } from "./camera-vm.ts";
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

/** A USB webcam made of dummy_hcd and usb_f_uvc. */
export class UsbWebcam {
  readonly #vm: CameraVm;
  readonly #node: string;
  #brain: GuestProcess | undefined;

  private constructor(vm: CameraVm, node: string) {
    this.#vm = vm;
    this.#node = node;
  }

  /** Describes the webcam; it is not plugged in yet. One to a machine. */
  static async describe(vm: CameraVm, serial: string): Promise<UsbWebcam> {
    const { stdout } = await vm.run([join(repository, "test/camera-vm/uvc-gadget.sh"), serial]);
    return new UsbWebcam(vm, stdout.trim());
  }

  /** Plugs it in and waits until udev has made its links. Resolves to the guest's monotonic time of the plug, in ns. */
  async plug(): Promise<bigint> {
    this.#brain = this.#vm.start([join(this.#vm.preparedDirectory, "uvc-gadget"), this.#node]);
    await this.#brain.line(/^connected$/m, 20_000);
    const { startedNs } = await this.#vm.shell(
      "until compgen -G '/dev/v4l/by-id/usb-*-video-index0' > /dev/null; do udevadm settle; done",
    );
    return startedNs;
  }

  /** Pulls it out. Resolves to the guest's monotonic time of the pull, in ns. */
  async pull(): Promise<bigint> {
    const result = await this.#brain?.end();
    this.#brain = undefined;
    return result?.endedNs ?? 0n;
  }

  /** What the webcam saw of the host: one line for each event and each control that was set. */
  get log(): string {
    return this.#brain?.stdout ?? "";
  }
}
