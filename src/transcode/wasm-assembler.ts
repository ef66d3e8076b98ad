// As much of the WebAssembly binary format (core specification 2.0, chapter 5) as the colour kernels need: one module,
// one imported shared memory, functions of i32 parameters that return nothing.

/** Instructions as bytes. */
export type Code = readonly number[];

/** One exported function. */
export interface WasmFunction {
  readonly name: string;
  /** How many i32 parameters; they are locals 0, 1, … */
  readonly parameters: number;
  /** How many v128 locals follow them. */
  readonly vectors: number;
  readonly body: Code;
}

/** Instructions one after the other. */
export function code(...parts: readonly Code[]): Code {
  return parts.flat();
}

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;
/** Type of a block without result. */
const NO_RESULT = 0x40;

/** Largest number of pages (64 kB each) a memory can have. */
const MAX_PAGES = 65_536;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128 of a 32-bit value. */
function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  const bytes = [...Buffer.from(value)];
  return [...unsigned(bytes.length), ...bytes];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function simd(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

/** An access that promises no alignment, `offset` bytes from the address on the stack. */
function access(opcode: number, offset: number): number[] {
  return [...simd(opcode), 0, ...unsigned(offset)];
}

/** The instructions, named as in the specification. */
export const op = {
  localGet: (index: number): Code => [0x20, ...unsigned(index)],
  localSet: (index: number): Code => [0x21, ...unsigned(index)],
  localTee: (index: number): Code => [0x22, ...unsigned(index)],
  i32Const: (value: number): Code => [0x41, ...signed(value)],
  i32Add: [0x6a] as Code,
  i32Sub: [0x6b] as Code,
  /** Repeats `body` as long as it leaves a number other than 0. */
  doWhile: (body: Code): Code => [0x03, NO_RESULT, ...body, 0x0d, 0, END],
  v128Load: (offset: number): Code => access(0, offset),
  v128Load8x8Unsigned: (offset: number): Code => access(2, offset),
  v128Store: (offset: number): Code => access(11, offset),
  /** Bytes 0–15 of the first operand, 16–31 of the second. */
  i8x16Shuffle: (lanes: readonly number[]): Code => [...simd(13), ...lanes],
  i16x8Splat: simd(16) as Code,
  v128And: simd(78) as Code,
  i8x16NarrowUnsigned: simd(102) as Code,
  i16x8Q15mulr: simd(130) as Code,
  i16x8ExtendLowUnsigned: simd(137) as Code,
  i16x8ExtendHighUnsigned: simd(138) as Code,
  i16x8Shl: simd(139) as Code,
  i16x8ShrSigned: simd(140) as Code,
  i16x8ShrUnsigned: simd(141) as Code,
  i16x8Add: simd(142) as Code,
  i16x8Sub: simd(145) as Code,
} as const;

/** The bytes of a module that imports its shared memory as `env.memory`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    parameters,
    ...Array.from({ length: parameters }, () => I32),
    0,
  ]);
  const memoryImport = [...text("env"), ...text("memory"), 0x02, 0x03, ...unsigned(0), ...unsigned(MAX_PAGES)];
  const bodies = functions.map(({ vectors, body }) => {
    const content = [1, ...unsigned(vectors), V128, ...body, END];
    return [...unsigned(content.length), ...content];
  });
  return new Uint8Array([
    ...Buffer.from("\0asm\x01\0\0\0", "latin1"),
    ...section(1, vector(types)),
    ...section(2, vector([memoryImport])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(bodies)),
  ]);
}
