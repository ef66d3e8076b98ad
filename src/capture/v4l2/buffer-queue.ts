import { StructBuffer, type KernelStruct } from "./kernel-struct.ts";
import type { Libc, Mapping } from "./libc.ts";
import {
  VIDIOC_DQBUF,
  VIDIOC_QBUF,
  VIDIOC_QUERYBUF,
  VIDIOC_REQBUFS,
  VIDIOC_STREAMOFF,
  VIDIOC_STREAMON,
} from "./requests.ts";
import { v4l2Buffer, v4l2Plane, v4l2Requestbuffers } from "./structs.ts";
import { SystemCallError } from "./system-call-error.ts";
import * as videodev2 from "./videodev2.ts";

const EAGAIN = 11;
const maxPlanes = 8;
const fewestBuffers = 2;

// Read once per frame, so looked up once per process.
const at = {
  index: v4l2Buffer.offsetOf("index"),
  bytesUsed: v4l2Buffer.offsetOf("bytesused"),
  flags: v4l2Buffer.offsetOf("flags"),
  // Both ABIs have the low half here, and monotonic time and microseconds fit into it.
  seconds: v4l2Buffer.offsetOf("timestamp.tv_sec"),
  microseconds: v4l2Buffer.offsetOf("timestamp.tv_usec"),
  sequence: v4l2Buffer.offsetOf("sequence"),
  length: v4l2Buffer.offsetOf("length"),
  planeBytesUsed: v4l2Plane.offsetOf("bytesused"),
  planeDataOffset: v4l2Plane.offsetOf("data_offset"),
};

/**
 * The memory-mapped buffers of one open device, single- or multi-planar. Whoever dequeues reads the fields of the last
 * dequeued buffer from here: nothing is allocated per frame but the copy.
 */
export class BufferQueue {
  /** Of the last dequeued buffer. */
  index = 0;
  /** Bytes in each plane of the last dequeued buffer, without what lies before the picture. */
  readonly bytesUsed: number[];
  /** V4L2_BUF_FLAG_…, of the last dequeued buffer. */
  flags = 0;
  /** The driver's count, of the last dequeued buffer. */
  sequence = 0;

  readonly #libc: Libc;
  readonly #fd: number;
  readonly #type: number;
  readonly #isMultiplanar: boolean;
  readonly #mappings: Mapping[][] = [];
  /** One struct for all calls: what it says is read before the next call. */
  readonly #buffer = new StructBuffer(v4l2Buffer);
  readonly #planes = Buffer.alloc(maxPlanes * v4l2Plane.sizeBytes);
  /** What each buffer's struct is before a call, by index: written once, copied per frame. */
  readonly #templates: Buffer[] = [];
  readonly #dataOffsets: number[][] = [];
  #streaming = false;

  private constructor(libc: Libc, fd: number, bufferType: number, planeCount: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#type = bufferType;
    this.#isMultiplanar = bufferType === videodev2.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    this.bytesUsed = Array.from({ length: planeCount }, () => 0);
  }

  /**
   * Has the driver make `count` buffers (it may make more or fewer, at least 2), maps and queues them all. On failure
   * nothing is left behind.
   */
  static async create(
    libc: Libc,
    fd: number,
    bufferType: number,
    planeCount: number,
    count: number,
  ): Promise<BufferQueue> {
    const queue = new BufferQueue(libc, fd, bufferType, planeCount);
    try {
      const granted = await queue.#request(count);
      if (granted < fewestBuffers) throw new SystemCallError("VIDIOC_REQBUFS", 12);
      for (let index = 0; index < granted; index += 1) queue.#map(index);
      for (let index = 0; index < granted; index += 1) queue.requeue(index);
      return queue;
    } catch (error) {
      await queue.close();
      throw error;
    }
  }

  /** How many buffers there are. */
  get count(): number {
    return this.#mappings.length;
  }

  async start(): Promise<void> {
    await this.#libc.worker.ioctl(this.#fd, VIDIOC_STREAMON, intArgument(this.#type));
    this.#streaming = true;
  }

  /**
   * Takes the next filled buffer; false when there is none yet. Throws SystemCallError for everything else.
   */
  dequeue(): boolean {
    const bytes = this.#fresh(0);
    const errno = this.#libc.tryIoctl(this.#fd, VIDIOC_DQBUF, bytes);
    if (errno === EAGAIN) return false;
    if (errno !== 0) throw new SystemCallError("VIDIOC_DQBUF", errno);
    this.index = bytes.readUInt32LE(at.index);
    this.flags = bytes.readUInt32LE(at.flags);
    this.sequence = bytes.readUInt32LE(at.sequence);
    if (this.#isMultiplanar) this.#readPlanes();
    else this.bytesUsed[0] = bytes.readUInt32LE(at.bytesUsed);
    return true;
  }

  /** The driver's time of the last dequeued buffer in nanoseconds; undefined where it is not CLOCK_MONOTONIC's. */
  timestampNs(): bigint | undefined {
    const kind = this.flags & videodev2.V4L2_BUF_FLAG_TIMESTAMP_MASK;
    if (kind !== videodev2.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) return undefined;
    const { bytes } = this.#buffer;
    const seconds = bytes.readUInt32LE(at.seconds);
    const nanoseconds = bytes.readUInt32LE(at.microseconds) * 1000;
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  }

  /** Copies the first `lengthBytes` of a plane of a dequeued buffer to `target` at `offset`. */
  copyPlane(index: number, plane: number, lengthBytes: number, target: Buffer, offset: number): void {
    const start = this.#dataOffsets[index]?.[plane] ?? 0;
    this.#mappings[index]?.[plane]?.bytes.copy(target, offset, start, start + lengthBytes);
  }

  /** How many bytes a plane of a buffer has room for. */
  capacity(index: number, plane: number): number {
    return (this.#mappings[index]?.[plane]?.bytes.length ?? 0) - (this.#dataOffsets[index]?.[plane] ?? 0);
  }

  /** Gives a buffer back to the driver. Its memory must not be read any more. */
  requeue(index: number): void {
    this.#libc.ioctl(this.#fd, VIDIOC_QBUF, this.#fresh(index));
  }

  /** Stops streaming, unmaps everything and has the driver free its buffers. Never rejects: the device may be gone. */
  async close(): Promise<void> {
    if (this.#streaming) {
      this.#streaming = false;
      await this.#libc.worker.ioctl(this.#fd, VIDIOC_STREAMOFF, intArgument(this.#type)).catch(() => {});
    }
    for (const mapping of this.#mappings.flat()) mapping.unmap();
    this.#mappings.length = 0;
    await this.#request(0).catch(() => {});
  }

  async #request(count: number): Promise<number> {
    const request = new StructBuffer(v4l2Requestbuffers);
    request.setUint32("count", count).setUint32("type", this.#type);
    request.setUint32("memory", videodev2.V4L2_MEMORY_MMAP);
    await this.#libc.worker.ioctl(this.#fd, VIDIOC_REQBUFS, request.bytes);
    return request.uint32("count");
  }

  /** The struct's bytes as {@link #prepare} makes them, without looking up a field. */
  #fresh(index: number): Buffer {
    const template = (this.#templates[index] ??= Buffer.from(this.#prepare(index).bytes));
    if (this.#isMultiplanar) this.#planes.fill(0);
    this.#buffer.bytes.set(template);
    return this.#buffer.bytes;
  }

  #prepare(index: number): StructBuffer {
    const buffer = this.#buffer;
    buffer.bytes.fill(0);
    buffer.setUint32("index", index).setUint32("type", this.#type);
    buffer.setUint32("memory", videodev2.V4L2_MEMORY_MMAP);
    if (this.#isMultiplanar) {
      this.#planes.fill(0);
      buffer.setPointer("m.planes", this.#planes).setUint32("length", this.bytesUsed.length);
    }
    return buffer;
  }

  #map(index: number): void {
    const buffer = this.#prepare(index);
    this.#libc.ioctl(this.#fd, VIDIOC_QUERYBUF, buffer.bytes);
    const mappings: Mapping[] = [];
    this.#mappings.push(mappings);
    this.#dataOffsets.push(this.bytesUsed.map(() => 0));
    for (const [lengthBytes, offset] of this.#memory(buffer)) {
      mappings.push(this.#libc.mmap(this.#fd, lengthBytes, offset));
    }
  }

  /** Length and mmap offset of each plane, from a buffer that QUERYBUF filled in. */
  #memory(buffer: StructBuffer): (readonly [number, number])[] {
    if (!this.#isMultiplanar) return [[buffer.uint32("length"), buffer.uint32("m.offset")]];
    return this.bytesUsed.map((_, plane) => {
      const entry = new StructBuffer(v4l2Plane, planeBytes(this.#planes, v4l2Plane, plane));
      return [entry.uint32("length"), entry.uint32("m.mem_offset")];
    });
  }

  #readPlanes(): void {
    const offsets = this.#dataOffsets[this.index];
    for (let plane = 0; plane < this.bytesUsed.length; plane += 1) {
      const start = plane * v4l2Plane.sizeBytes;
      const dataOffset = this.#planes.readUInt32LE(start + at.planeDataOffset);
      if (offsets) offsets[plane] = dataOffset;
      // bytesused counts from the plane's beginning, data_offset included.
      this.bytesUsed[plane] = Math.max(0, this.#planes.readUInt32LE(start + at.planeBytesUsed) - dataOffset);
    }
  }
}

function planeBytes(planes: Buffer, struct: KernelStruct, index: number): Buffer {
  return planes.subarray(index * struct.sizeBytes, (index + 1) * struct.sizeBytes);
}

function intArgument(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
