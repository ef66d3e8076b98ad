import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GROUP_PIXELS, createSimdKernels, type KernelFormat } from "../../../src/transcode/colour-kernels.ts";
import { createScalarKernels } from "../../../src/transcode/scalar-kernels.ts";

const formats: readonly KernelFormat[] = ["YUYV", "UYVY", "NV12", "YU12"];
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const bytes = Buffer.from(memory.buffer);
const simd = createSimdKernels(memory);
const scalar = createScalarKernels(memory);
const [first, second, third, out] = [0, 1024, 2048, 4096];

const groups = fc.integer({ min: 1, max: 5 });
const extreme = fc.constantFrom(0, 1, 16, 127, 128, 129, 240, 254, 255);
const content = fc.array(fc.oneof(extreme, fc.integer({ min: 0, max: 255 })), { minLength: 3072, maxLength: 3072 });

for (const format of formats) {
  test(`${format}: SIMD and plain JavaScript agree to the bit and write nothing else`, () => {
    fc.assert(
      fc.property(content, groups, (input, count) => {
        bytes.set(input);
        const end = out + count * GROUP_PIXELS * 4;
        const results = [simd, scalar].map((kernels) => {
          bytes.fill(0x5a, out);
          kernels[format](first, second, third, out, count);
          assert.ok(bytes.subarray(end).every((value) => value === 0x5a));
          return Buffer.from(bytes.subarray(out, end));
        });
        assert.deepEqual(results[0], results[1]);
      }),
      { numRuns: 50 },
    );
  });
}

test("every Y, Cb, Cr of a grid comes out as JFIF says, to within one", () => {
  const clamp = (value: number): number => Math.min(255, Math.max(0, value));
  for (let y = 0; y < 256; y += 3) {
    for (let cb = 0; cb < 256; cb += 5) {
      for (let cr = 0; cr < 256; cr += 15) {
        bytes.set([y, cb, y, cr], first);
        simd.YUYV(first, 0, 0, out, 1);
        const wanted = [1.772 * (cb - 128), -0.344136 * (cb - 128) - 0.714136 * (cr - 128), 1.402 * (cr - 128)];
        for (const [index, chroma] of wanted.entries()) {
          const error = Math.abs((bytes[out + index] ?? 0) - clamp(y + chroma));
          assert.ok(error < 0.55, `Y ${y} Cb ${cb} Cr ${cr}: colour ${index} is off by ${error}`);
        }
      }
    }
  }
});
