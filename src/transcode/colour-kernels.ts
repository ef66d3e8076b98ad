import { type Code, code, encodeModule, op } from "./wasm-assembler.ts";

/**
 * Turns one line of Y'CbCr (BT.601, full range: JFIF's) into B G R x, {@link GROUP_PIXELS} at a time; addresses are
 * offsets in the shared memory. `first` is the line of the packed format or of Y, `second` that of U (or of UV), `third`
 * that of V. Whole groups are read and written.
 */
export type LineKernel = (first: number, second: number, third: number, out: number, groups: number) => void;

/** The formats that go through a kernel; jpeg-turbo takes the other ones as they are. */
export type KernelFormat = "YUYV" | "UYVY" | "NV12" | "YU12";

/** One kernel for each format, bound to one memory. */
export type LineKernels = Readonly<Record<KernelFormat, LineKernel>>;

/** Pixels that a kernel does at once: eight pairs, of which each has one U and one V. */
export const GROUP_PIXELS = 16;

/** Fixed point: sums carry 6 fractional bits (Y + 1.772 U stays below 2^15), factors 15. */
export const FRACTION_BITS = 6;

const q15 = (factor: number): number => Math.round(factor * 32_768);
/** 1.402 V is V + 0.402 V and 1.772 U is U + 0.772 U, so that every factor is below 1. */
export const factors = { redV: q15(0.402), greenU: q15(0.344_136), greenV: q15(0.714_136), blueU: q15(0.772) } as const;

/** Locals: the parameters … */
const FIRST = 0;
const SECOND = 1;
const THIRD = 2;
const OUT = 3;
const GROUPS = 4;
/** … and the vectors: luma of the left and right eight pixels, chroma of the eight pairs, then what becomes of them. */
const LEFT = 5;
const RIGHT = 6;
const U = 7;
const V = 8;
const SHARE = 9;
const BLUE = 10;
const GREEN = 11;
const RED = 12;
const VECTORS = 8;

const get = op.localGet;
const set = op.localSet;
const load = (pointer: number, offset = 0): Code => code(get(pointer), op.v128Load(offset));
const loadBytes = (pointer: number): Code => code(get(pointer), op.v128Load8x8Unsigned(0));
const splat = (value: number): Code => code(op.i32Const(value), op.i16x8Splat);
const shiftLeft = (bits: number): Code => code(op.i32Const(bits), op.i16x8Shl);
const lowBytes = code(splat(0xff), op.v128And);
const highBytes = code(op.i32Const(8), op.i16x8ShrUnsigned);

function advance(pointer: number, bytes: number): Code {
  return code(get(pointer), op.i32Const(bytes), op.i32Add, set(pointer));
}

/** Takes 16-bit lanes out of two vectors. */
function lanes16(lanes: readonly number[]): Code {
  return op.i8x16Shuffle(lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]));
}

const even = lanes16([0, 2, 4, 6, 8, 10, 12, 14]);
const odd = lanes16([1, 3, 5, 7, 9, 11, 13, 15]);
const zipLower = lanes16([0, 8, 1, 9, 2, 10, 3, 11]);
const zipUpper = lanes16([4, 12, 5, 13, 6, 14, 7, 15]);

/** Two vectors of pixel pairs: luma in the `luma` bytes of their 16-bit lanes, U, V, U, V … in the `chroma` bytes. */
function loadPacked(luma: Code, chroma: Code): Code {
  return code(
    code(load(FIRST), luma, set(LEFT), load(FIRST, 16), luma, set(RIGHT)),
    code(load(FIRST), chroma, set(U), load(FIRST, 16), chroma, set(V)),
    code(get(U), get(V), even, get(U), get(V), odd, set(V), set(U)),
    advance(FIRST, 32),
  );
}

const loadLuma = code(
  code(load(FIRST), op.localTee(LEFT), op.i16x8ExtendHighUnsigned, set(RIGHT)),
  code(get(LEFT), op.i16x8ExtendLowUnsigned, set(LEFT)),
  advance(FIRST, 16),
);

const loadSemiPlanar = code(
  loadLuma,
  code(load(SECOND), lowBytes, set(U), load(SECOND), highBytes, set(V)),
  advance(SECOND, 16),
);

const loadPlanar = code(
  loadLuma,
  code(loadBytes(SECOND), set(U), loadBytes(THIRD), set(V)),
  code(advance(SECOND, 8), advance(THIRD, 8)),
);

/** `local` times `factor`, rounded. */
function times(local: number, factor: number): Code {
  return code(get(local), splat(factor), op.i16x8Q15mulr);
}

/** Takes 128 off and brings to the fixed point. */
function centre(local: number): Code {
  return code(get(local), splat(128), op.i16x8Sub, shiftLeft(FRACTION_BITS), set(local));
}

/** One colour of sixteen pixels as bytes: luma plus `share`, which is the chroma's part for the eight pairs. */
function colour(share: Code, target: number): Code {
  const toInteger = code(op.i32Const(FRACTION_BITS), op.i16x8ShrSigned);
  const plus = (luma: number, zip: Code): Code => code(get(SHARE), get(SHARE), zip, get(luma), op.i16x8Add, toInteger);
  return code(
    code(share, splat(1 << (FRACTION_BITS - 1)), op.i16x8Add, set(SHARE)),
    code(plus(LEFT, zipLower), plus(RIGHT, zipUpper), op.i8x16NarrowUnsigned, set(target)),
  );
}

/** Bytes of the halves (from byte 0 or 8) of two vectors in turn. */
function zipBytes(a: number, b: number, from: number): Code {
  const lanes = Array.from({ length: 8 }, (_, index) => [from + index, 16 + from + index]).flat();
  return code(get(a), get(b), op.i8x16Shuffle(lanes));
}

/** Eight of the sixteen pixels, from number `from` on, as B G R R. */
function store(from: number): Code {
  const colours = code(zipBytes(BLUE, GREEN, from), zipBytes(RED, RED, from));
  return code(
    code(get(OUT), colours, zipLower, op.v128Store(from * 4)),
    code(get(OUT), colours, zipUpper, op.v128Store(from * 4 + 16)),
  );
}

const convertAndStore = code(
  code(get(LEFT), shiftLeft(FRACTION_BITS), set(LEFT)),
  code(get(RIGHT), shiftLeft(FRACTION_BITS), set(RIGHT)),
  code(centre(U), centre(V)),
  colour(code(get(U), times(U, factors.blueU), op.i16x8Add), BLUE),
  colour(code(times(U, -factors.greenU), times(V, -factors.greenV), op.i16x8Add), GREEN),
  colour(code(get(V), times(V, factors.redV), op.i16x8Add), RED),
  code(store(0), store(8)),
  advance(OUT, GROUP_PIXELS * 4),
);

const countDown = code(get(GROUPS), op.i32Const(1), op.i32Sub, op.localTee(GROUPS));

const loaders: Readonly<Record<KernelFormat, Code>> = {
  YUYV: loadPacked(lowBytes, highBytes),
  UYVY: loadPacked(highBytes, lowBytes),
  NV12: loadSemiPlanar,
  YU12: loadPlanar,
};

/** The kernels as a WebAssembly module with SIMD, about 2 kB. */
function encodeKernelModule(): Uint8Array<ArrayBuffer> {
  return encodeModule(
    Object.entries(loaders).map(([name, loader]) => ({
      name,
      parameters: 5,
      vectors: VECTORS,
      body: op.doWhile(code(loader, convertAndStore, countDown)),
    })),
  );
}

/** Throws WebAssembly.CompileError where the processor has no SIMD that will do (x64 before SSE4.1). */
export function createSimdKernels(memory: WebAssembly.Memory): LineKernels {
  const module = new WebAssembly.Module(encodeKernelModule());
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as LineKernels;
}
