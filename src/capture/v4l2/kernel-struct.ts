import koffi, { type TypeObject } from "koffi";

/** Field types by koffi's names, in the kernel's order. Anonymous unions of the header get a name. */
export type StructFields = Record<string, string | TypeObject>;

/** A C struct as this machine's ABI lays it out. */
export class KernelStruct {
  readonly name: string;
  readonly type: TypeObject;
  readonly sizeBytes: number;
  readonly #offsets = new Map<string, number>();

  constructor(name: string, type: TypeObject) {
    this.name = name;
    this.type = type;
    this.sizeBytes = koffi.sizeof(type);
  }

  /**
   * Bytes from the beginning to the field at `path`: names joined by dots, array indices in brackets
   * (`fmt.pix_mp.plane_fmt[1].sizeimage`). Remembered, so asking again is cheap. Throws on a path that is not there.
   */
  offsetOf(path: string): number {
    const known = this.#offsets.get(path);
    if (known !== undefined) return known;
    const offset = this.#locate(path).offset;
    this.#offsets.set(path, offset);
    return offset;
  }

  /** The size in bytes of the field at `path`. */
  sizeOf(path: string): number {
    return this.#locate(path).type.size;
  }

  #locate(path: string): { offset: number; type: TypeObject } {
    let type = this.type;
    let offset = 0;
    for (const step of path.split(/\.|(?=\[)/)) {
      const index = /^\[(\d+)\]$/.exec(step)?.[1];
      const next = index === undefined ? memberOf(type, step) : elementOf(type, Number(index));
      if (!next) throw new Error(`${this.name} has no field ${path}`);
      offset += next.offset;
      type = next.type;
    }
    return { offset, type };
  }
}

function memberOf(type: TypeObject, name: string): { offset: number; type: TypeObject } | undefined {
  return type.members?.[name];
}

function elementOf(type: TypeObject, index: number): { offset: number; type: TypeObject } | undefined {
  if (!type.ref || index >= (type.length ?? 0)) return undefined;
  return { offset: index * type.ref.size, type: type.ref };
}

/**
 * The bytes of one {@link KernelStruct} and typed access to its fields by path. Zeroed when made without `bytes`. For
 * paths used per frame, take `offsetOf` once and read `bytes` directly. Numbers are little-endian, as on every machine that
 * koffi has a build for.
 */
export class StructBuffer {
  readonly struct: KernelStruct;
  readonly bytes: Buffer;

  constructor(struct: KernelStruct, bytes: Buffer = Buffer.alloc(struct.sizeBytes)) {
    if (bytes.length !== struct.sizeBytes) throw new RangeError(`${struct.name} has ${struct.sizeBytes} bytes`);
    this.struct = struct;
    this.bytes = bytes;
  }

  uint8(path: string): number {
    return this.bytes.readUInt8(this.struct.offsetOf(path));
  }

  uint32(path: string): number {
    return this.bytes.readUInt32LE(this.struct.offsetOf(path));
  }

  setUint32(path: string, value: number): this {
    this.bytes.writeUInt32LE(value >>> 0, this.struct.offsetOf(path));
    return this;
  }

  int32(path: string): number {
    return this.bytes.readInt32LE(this.struct.offsetOf(path));
  }

  setInt32(path: string, value: number): this {
    this.bytes.writeInt32LE(value, this.struct.offsetOf(path));
    return this;
  }

  int64(path: string): bigint {
    return this.bytes.readBigInt64LE(this.struct.offsetOf(path));
  }

  setInt64(path: string, value: bigint): this {
    this.bytes.writeBigInt64LE(value, this.struct.offsetOf(path));
    return this;
  }

  uint64(path: string): bigint {
    return this.bytes.readBigUInt64LE(this.struct.offsetOf(path));
  }

  /** The text of a char array up to its first NUL, as UTF-8. */
  text(path: string): string {
    const start = this.struct.offsetOf(path);
    const field = this.bytes.subarray(start, start + this.struct.sizeOf(path));
    const end = field.indexOf(0);
    return field.toString("utf8", 0, end < 0 ? field.length : end);
  }

  /** Writes the address of `target` (4 or 8 bytes wide). The caller keeps `target` referenced while the kernel uses it. */
  setPointer(path: string, target: Buffer): this {
    const address = koffi.address(target);
    const offset = this.struct.offsetOf(path);
    if (this.struct.sizeOf(path) === 8) this.bytes.writeBigUInt64LE(address, offset);
    else this.bytes.writeUInt32LE(Number(address), offset);
    return this;
  }
}
