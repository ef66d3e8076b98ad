// Runs in a worker thread: takes the raw picture out of the shared memory and answers with its JPEG.
import { parentPort, workerData } from "node:worker_threads";
import type { PixelFormat } from "../media/frame.ts";
import { GROUP_PIXELS, createSimdKernels, type KernelFormat, type LineKernels } from "./colour-kernels.ts";
import { needsKernel, planEncodeMemory, type EncodeMemory } from "./encode-memory.ts";
import { loadJpegTurbo, type JpegTurbo } from "./jpeg-turbo.ts";
import { NativeGate } from "./native-gate.ts";
import type { Plane } from "./raw-layout.ts";
import { createScalarKernels } from "./scalar-kernels.ts";

/** What the encoder asks for. */
export interface EncodeRequest {
  /** Given with the first request and whenever it is another one than before. */
  readonly memory?: WebAssembly.Memory;
  readonly pixelFormat: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly quality: number;
}

/** Asks the worker to end; pictures asked for before are not encoded any more. */
export type EndRequest = "end";

/** Where the JPEG is: at the beginning of memory that the worker uses again for the next one. */
export interface EncodeResult {
  /** Given with the first answer and whenever it is another one than before. */
  readonly jpegs?: SharedArrayBuffer;
  readonly sizeBytes: number;
}

export type EncodeAnswer = EncodeResult | { readonly error: string };

/** How jpeg-turbo is to read the pixels. */
interface Pixels {
  readonly bytes: Buffer;
  readonly format: number;
  readonly stride: number;
}

const gate = new NativeGate(workerData as SharedArrayBuffer);
let memory: WebAssembly.Memory | undefined;
let kernels: LineKernels | undefined;
/** Shared, so that nothing is left to the collector of either thread but the copy that is kept. */
let jpegs = new SharedArrayBuffer(0);
let toldJpegs: SharedArrayBuffer | undefined;

function createKernels(shared: WebAssembly.Memory): LineKernels {
  try {
    return createSimdKernels(shared);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return createScalarKernels(shared);
    throw error;
  }
}

function convert(shared: WebAssembly.Memory, format: KernelFormat, plan: EncodeMemory, height: number): Buffer {
  kernels ??= createKernels(shared);
  const kernel = kernels[format];
  const [first, second, third] = plan.planes;
  const groups = plan.pixelsPerLine / GROUP_PIXELS;
  const at = (plane: Plane | undefined, line: number): number => (plane ? plane.offset + line * plane.bytesPerLine : 0);
  for (let line = 0; line < height; line++) {
    const out = plan.pixelsOffset + line * plan.pixelsPerLine * 4;
    kernel(at(first, line), at(second, line >> 1), at(third, line >> 1), out, groups);
  }
  return Buffer.from(shared.buffer, plan.pixelsOffset, plan.pixelsPerLine * height * 4);
}

function pixelsOf(turbo: JpegTurbo, shared: WebAssembly.Memory, request: EncodeRequest): Pixels {
  const { pixelFormat, width, height } = request;
  const plan = planEncodeMemory(pixelFormat, width, height);
  if (needsKernel(pixelFormat)) {
    const bytes = convert(shared, pixelFormat, plan, height);
    return { bytes, format: turbo.FORMAT_BGRX, stride: plan.pixelsPerLine };
  }
  const formats = { RGB24: turbo.FORMAT_RGB, BGR24: turbo.FORMAT_BGR, GREY: turbo.FORMAT_GRAY };
  return { bytes: Buffer.from(shared.buffer, 0, plan.rawBytes), format: formats[pixelFormat], stride: width };
}

function encode(request: EncodeRequest): EncodeResult {
  if (request.memory) {
    memory = request.memory;
    kernels = undefined;
  }
  if (!memory) throw new Error("no memory was shared");
  const turbo = loadJpegTurbo();
  const { width, height, quality, pixelFormat } = request;
  const subsampling = pixelFormat === "GREY" ? turbo.SAMP_GRAY : turbo.SAMP_420;
  const largest = turbo.bufferSize({ width, height, subsampling });
  if (jpegs.byteLength < largest) jpegs = new SharedArrayBuffer(largest);
  const { bytes, format, stride } = pixelsOf(turbo, memory, request);
  const options = { width, height, quality, subsampling, format, stride };
  const sizeBytes = turbo.compressSync(bytes, Buffer.from(jpegs), options).length;
  if (toldJpegs === jpegs) return { sizeBytes };
  toldJpegs = jpegs;
  return { jpegs, sizeBytes };
}

function answer(request: EncodeRequest): void {
  if (!gate.enter()) return;
  try {
    parentPort?.postMessage(encode(request) satisfies EncodeAnswer, []);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ error: message } satisfies EncodeAnswer, []);
  } finally {
    gate.leave();
  }
}

parentPort?.on("message", (request: EncodeRequest | EndRequest) => {
  if (request === "end") parentPort?.close();
  else answer(request);
});
