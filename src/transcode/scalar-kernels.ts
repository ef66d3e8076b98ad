import { FRACTION_BITS, GROUP_PIXELS, factors, type LineKernel, type LineKernels } from "./colour-kernels.ts";

/** Where a group's bytes are: offsets of the first pixel's, and the steps to the next pixel's and the next pair's. */
interface Steps {
  readonly luma: number;
  readonly chroma: number;
}

const HALF = 1 << (FRACTION_BITS - 1);

/** `value` times `factor`, rounded as i16x8.q15mulr_sat_s does. */
function times(value: number, factor: number): number {
  return (value * factor + 16_384) >> 15;
}

/** The kernels of colour-kernels.ts in plain JavaScript, to the bit the same, some ten times slower. */
export function createScalarKernels(memory: WebAssembly.Memory): LineKernels {
  const bytes = new Uint8Array(memory.buffer);
  const pixels = new Uint8ClampedArray(memory.buffer);

  const put = (out: number, luma: number, blue: number, green: number, red: number): void => {
    pixels[out] = (luma + blue) >> FRACTION_BITS;
    pixels[out + 1] = (luma + green) >> FRACTION_BITS;
    pixels[out + 2] = pixels[out + 3] = (luma + red) >> FRACTION_BITS;
  };
  const line = (y: number, u: number, v: number, out: number, groups: number, steps: Steps): void => {
    for (let pair = 0; pair < (groups * GROUP_PIXELS) / 2; pair++) {
      const cb = ((bytes[u + pair * steps.chroma] ?? 0) - 128) << FRACTION_BITS;
      const cr = ((bytes[v + pair * steps.chroma] ?? 0) - 128) << FRACTION_BITS;
      const blue = cb + times(cb, factors.blueU) + HALF;
      const green = times(cb, -factors.greenU) + times(cr, -factors.greenV) + HALF;
      const red = cr + times(cr, factors.redV) + HALF;
      const left = y + 2 * pair * steps.luma;
      put(out + pair * 8, (bytes[left] ?? 0) << FRACTION_BITS, blue, green, red);
      put(out + pair * 8 + 4, (bytes[left + steps.luma] ?? 0) << FRACTION_BITS, blue, green, red);
    }
  };
  const packed =
    (y: number, u: number, v: number): LineKernel =>
    (first, _second, _third, out, groups) => {
      line(first + y, first + u, first + v, out, groups, { luma: 2, chroma: 4 });
    };
  return {
    YUYV: packed(0, 1, 3),
    UYVY: packed(1, 0, 2),
    NV12: (first, second, _third, out, groups) => {
      line(first, second, second + 1, out, groups, { luma: 1, chroma: 2 });
    },
    YU12: (first, second, third, out, groups) => {
      line(first, second, third, out, groups, { luma: 1, chroma: 1 });
    },
  };
}
