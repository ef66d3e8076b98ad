import koffi from "koffi";

/** turbojpeg.h */
const TJSAMP_420 = 2;
const TJFLAG_NOREALLOC = 1024;

/**
 * YUYV to JPEG by the system's libturbojpeg, which takes planes, so that nothing is turned to RGB and back. Of each two
 * lines' chroma the mean is taken.
 */
export function createPlanarEncoder(width: number, height: number, quality: number): (yuyv: Buffer) => Buffer {
  const library = koffi.load("libturbojpeg.so.0");
  const handle: unknown = library.func("void *tjInitCompress()")();
  const types = "void *, void *, int, int *, int, int, void *, unsigned long *, int, int";
  const compress = library.func(`int tjCompressFromYUVPlanes(${types})`);
  const chromaBytes = (width * height) / 4;
  const planes = [Buffer.alloc(width * height), Buffer.alloc(chromaBytes), Buffer.alloc(chromaBytes)] as const;
  const out = Buffer.alloc(width * height * 2);
  const planePointers = new BigUint64Array(planes.map((plane) => koffi.address(plane)));
  const outPointer = new BigUint64Array([koffi.address(out)]);
  const strides = new Int32Array([width, width / 2, width / 2]);
  const size = new BigUint64Array(1);
  return (yuyv) => {
    separate(yuyv, width, height, planes);
    size[0] = BigInt(out.length);
    const picture = [handle, planePointers, width, strides, height, TJSAMP_420] as const;
    const failed: unknown = compress(...picture, outPointer, size, quality, TJFLAG_NOREALLOC);
    if (failed !== 0) throw new Error("tjCompressFromYUVPlanes failed");
    return out.subarray(0, Number(size[0]));
  };
}

/** Two pixels (Y0 U Y1 V) are one 32-bit read. */
function separate(yuyv: Buffer, width: number, height: number, planes: readonly [Buffer, Buffer, Buffer]): void {
  const pairs = new Uint32Array(yuyv.buffer, yuyv.byteOffset, yuyv.length / 4);
  const luma = new Uint16Array(planes[0].buffer, planes[0].byteOffset, planes[0].length / 2);
  const [, blue, red] = planes;
  const half = width / 2;
  for (let line = 0; line < height; line += 2) {
    for (let x = 0; x < half; x++) {
      const upper = pairs[line * half + x] ?? 0;
      const lower = pairs[(line + 1) * half + x] ?? 0;
      luma[line * half + x] = (upper & 0xff) | ((upper >>> 8) & 0xff00);
      luma[(line + 1) * half + x] = (lower & 0xff) | ((lower >>> 8) & 0xff00);
      const chroma = (line / 2) * half + x;
      blue[chroma] = (((upper >>> 8) & 0xff) + ((lower >>> 8) & 0xff) + 1) >> 1;
      red[chroma] = ((upper >>> 24) + (lower >>> 24) + 1) >> 1;
    }
  }
}
