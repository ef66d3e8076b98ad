import { constants } from "node:os";
import { StructBuffer, type KernelStruct } from "../../../../src/capture/v4l2/kernel-struct.ts";
import type { IoctlRequest, Libc, Mapping, PollEvents, PollWatch } from "../../../../src/capture/v4l2/libc.ts";
import { decodeFourcc, encodeFourcc } from "../../../../src/capture/v4l2/pixel-formats.ts";
import * as structs from "../../../../src/capture/v4l2/structs.ts";
import { SystemCallError } from "../../../../src/capture/v4l2/system-call-error.ts";

export type ErrorName = keyof typeof constants.errno;

/** One format of the fake camera. */
export interface FakeFormat {
  readonly fourcc: string;
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly fps: readonly number[] }[];
}

/** A filled buffer. */
export interface FakeBuffer {
  readonly bytes: Buffer;
  readonly flags?: number;
  readonly sequence: number;
  /** Default: the driver tells no monotonic time. */
  readonly timestampNs?: bigint;
}

const monotonicFlag = 0x2000;
const bufferBytes = 4096;

/**
 * A V4L2 camera at the level of system calls: answers from its fields, hands out what {@link deliver} queued, and counts what is
 * open, mapped and watched.
 */
export class FakeLibc implements Libc {
  formats: readonly FakeFormat[] = [
    { fourcc: "MJPG", sizes: [{ width: 1280, height: 720, fps: [30] }] },
    { fourcc: "YUYV", sizes: [{ width: 640, height: 480, fps: [30, 15] }] },
  ];
  /** Requests that fail, by name (`open` too). */
  readonly failing = new Map<string, ErrorName>();
  /** What S_FMT grants instead of what was asked for. */
  grant: { fourcc?: string; width?: number; height?: number } = {};
  deviceCaps = 0x0420_0001;
  bufferLimit = 32;
  readonly calls: string[] = [];
  readonly open = new Set<number>();
  mapped = 0;
  watched = 0;
  /** How often a watch was armed anew. */
  rearmed = 0;
  streaming = false;
  readonly queued = new Set<number>();
  readonly events: number[] = [];
  set = { fourcc: "MJPG", width: 0, height: 0 };
  fps = 30;
  #filled: { index: number; buffer: FakeBuffer }[] = [];
  #memory: Buffer[] = [];
  #nextFd = 100;
  #onReady: ((events: PollEvents) => void) | undefined;

  readonly worker = {
    open: async (path: string): Promise<number> => {
      await Promise.resolve();
      this.calls.push(`open ${path}`);
      this.#check("open");
      this.#nextFd += 1;
      this.open.add(this.#nextFd);
      return this.#nextFd;
    },
    ioctl: async (fd: number, request: IoctlRequest, argument: Buffer): Promise<void> => {
      await Promise.resolve();
      this.ioctl(fd, request, argument);
    },
    close: async (fd: number): Promise<void> => {
      await Promise.resolve();
      this.close(fd);
    },
  };

  close(fd: number): void {
    this.calls.push("close");
    if (this.watched > 0) throw new Error("closed while watched");
    if (!this.open.delete(fd)) throw new SystemCallError("close", constants.errno.EBADF);
  }

  ioctl(fd: number, request: IoctlRequest, argument: Buffer): void {
    const errno = this.tryIoctl(fd, request, argument);
    if (errno !== 0) throw new SystemCallError(request.name, errno);
  }

  tryIoctl(fd: number, request: IoctlRequest, argument: Buffer): number {
    if (!this.open.has(fd)) return constants.errno.EBADF;
    if (!/DQBUF|QBUF|DQEVENT|ENUM/.test(request.name)) this.calls.push(request.name);
    const failure = this.failing.get(request.name);
    return failure === undefined ? this.#answer(request.name, argument) : constants.errno[failure];
  }

  mmap(_fd: number, lengthBytes: number, offset: number): Mapping {
    this.#check("mmap");
    this.mapped += 1;
    const bytes = this.#memory[offset / bufferBytes] ?? Buffer.alloc(lengthBytes);
    return { bytes, unmap: () => void (this.mapped -= 1) };
  }

  poll(_fd: number, onReady: (events: PollEvents) => void): PollWatch {
    this.watched += 1;
    this.#onReady = onReady;
    return {
      rearm: () => void (this.rearmed += 1),
      stop: () => {
        if (this.#onReady !== onReady) return;
        this.#onReady = undefined;
        this.watched -= 1;
      },
    };
  }

  /** Puts a picture into the next free buffer, as the driver does; without one it is lost. */
  deliver(buffer: FakeBuffer): void {
    const [index] = this.queued;
    if (index === undefined) return;
    this.queued.delete(index);
    buffer.bytes.copy(this.#memory[index] ?? Buffer.alloc(0));
    this.#filled.push({ index, buffer });
  }

  /** Wakes whoever polls. */
  wake(events: Partial<PollEvents> = {}): void {
    this.#onReady?.({ readable: true, failed: false, ...events });
  }

  #check(name: string): void {
    const failure = this.failing.get(name);
    if (failure !== undefined) throw new SystemCallError(name, constants.errno[failure]);
  }

  #answer(name: string, argument: Buffer): number {
    const { EINVAL, ENOTTY, ENOENT } = constants.errno;
    switch (name) {
      case "VIDIOC_QUERYCAP":
        return this.#queryCapability(argument);
      case "VIDIOC_ENUM_FMT":
        return this.#enumerateFormat(new StructBuffer(structs.v4l2Fmtdesc, argument));
      case "VIDIOC_ENUM_FRAMESIZES":
        return this.#enumerateSize(new StructBuffer(structs.v4l2Frmsizeenum, argument));
      case "VIDIOC_ENUM_FRAMEINTERVALS":
        return this.#enumerateRate(new StructBuffer(structs.v4l2Frmivalenum, argument));
      case "VIDIOC_S_FMT":
      case "VIDIOC_G_FMT":
        return this.#format(new StructBuffer(structs.v4l2Format, argument), name === "VIDIOC_S_FMT");
      case "VIDIOC_G_PARM":
      case "VIDIOC_S_PARM":
        return this.#rate(new StructBuffer(structs.v4l2Streamparm, argument));
      case "VIDIOC_REQBUFS":
        return this.#request(new StructBuffer(structs.v4l2Requestbuffers, argument));
      case "VIDIOC_QUERYBUF":
        return this.#query(new StructBuffer(structs.v4l2Buffer, argument));
      case "VIDIOC_QBUF":
        this.queued.add(new StructBuffer(structs.v4l2Buffer, argument).uint32("index"));
        return 0;
      case "VIDIOC_DQBUF":
        return this.#dequeue(new StructBuffer(structs.v4l2Buffer, argument));
      case "VIDIOC_STREAMON":
      case "VIDIOC_STREAMOFF":
        this.streaming = name === "VIDIOC_STREAMON";
        return 0;
      case "VIDIOC_SUBSCRIBE_EVENT":
        return EINVAL;
      case "VIDIOC_DQEVENT": {
        const event = this.events.shift();
        if (event !== undefined) new StructBuffer(structs.v4l2Event, argument).setUint32("type", event);
        return event === undefined ? ENOENT : 0;
      }
      default:
        return ENOTTY;
    }
  }

  #queryCapability(argument: Buffer): number {
    const capability = new StructBuffer(structs.v4l2Capability, argument);
    capability.setUint32("capabilities", 0x85a0_0001).setUint32("device_caps", this.deviceCaps);
    writeText(capability, structs.v4l2Capability, "card", "Fake Camera");
    writeText(capability, structs.v4l2Capability, "bus_info", "usb-1");
    return 0;
  }

  #enumerateFormat(entry: StructBuffer): number {
    const format = this.formats[entry.uint32("index")];
    if (!format) return constants.errno.EINVAL;
    entry.setUint32("pixelformat", encodeFourcc(format.fourcc));
    return 0;
  }

  #sizes(pixelFormat: number): FakeFormat["sizes"] {
    return this.formats.find(({ fourcc }) => fourcc === decodeFourcc(pixelFormat))?.sizes ?? [];
  }

  #enumerateSize(entry: StructBuffer): number {
    const size = this.#sizes(entry.uint32("pixel_format"))[entry.uint32("index")];
    if (!size) return constants.errno.EINVAL;
    entry.setUint32("type", 1).setUint32("u.discrete.width", size.width).setUint32("u.discrete.height", size.height);
    return 0;
  }

  #enumerateRate(entry: StructBuffer): number {
    const sizes = this.#sizes(entry.uint32("pixel_format"));
    const size = sizes.find(
      ({ width, height }) => width === entry.uint32("width") && height === entry.uint32("height"),
    );
    const fps = size?.fps[entry.uint32("index")];
    if (fps === undefined) return constants.errno.EINVAL;
    entry.setUint32("type", 1).setUint32("u.discrete.numerator", 1).setUint32("u.discrete.denominator", fps);
    return 0;
  }

  #format(format: StructBuffer, isSet: boolean): number {
    if (isSet) {
      this.set = {
        fourcc: decodeFourcc(format.uint32("fmt.pix.pixelformat")),
        width: format.uint32("fmt.pix.width"),
        height: format.uint32("fmt.pix.height"),
        ...this.grant,
      };
    }
    format.setUint32("fmt.pix.pixelformat", encodeFourcc(this.set.fourcc));
    format.setUint32("fmt.pix.width", this.set.width).setUint32("fmt.pix.height", this.set.height);
    format.setUint32("fmt.pix.sizeimage", bufferBytes);
    return 0;
  }

  #rate(parameters: StructBuffer): number {
    parameters.setUint32("parm.capture.capability", 0x1000);
    parameters.setUint32("parm.capture.timeperframe.numerator", 1);
    parameters.setUint32("parm.capture.timeperframe.denominator", this.fps);
    return 0;
  }

  #request(request: StructBuffer): number {
    const count = Math.min(this.bufferLimit, request.uint32("count"));
    request.setUint32("count", count);
    this.queued.clear();
    this.#filled = [];
    this.#memory = Array.from({ length: count }, () => Buffer.alloc(bufferBytes));
    return 0;
  }

  #query(buffer: StructBuffer): number {
    buffer.setUint32("length", bufferBytes).setUint32("m.offset", buffer.uint32("index") * bufferBytes);
    return 0;
  }

  #dequeue(target: StructBuffer): number {
    const next = this.#filled.shift();
    if (!next) return constants.errno.EAGAIN;
    const { index, buffer } = next;
    const { timestampNs } = buffer;
    target.setUint32("index", index).setUint32("sequence", buffer.sequence);
    target.setUint32("bytesused", buffer.bytes.length);
    target.setUint32("flags", (buffer.flags ?? 0) | (timestampNs === undefined ? 0 : monotonicFlag));
    if (timestampNs === undefined) return 0;
    target.setUint32("timestamp.tv_sec", Number(timestampNs / 1_000_000_000n));
    target.setUint32("timestamp.tv_usec", Number((timestampNs % 1_000_000_000n) / 1000n));
    return 0;
  }
}

function writeText(buffer: StructBuffer, struct: KernelStruct, path: string, text: string): void {
  buffer.bytes.write(text, struct.offsetOf(path));
}
