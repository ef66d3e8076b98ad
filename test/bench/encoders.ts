// Compares ways from YUYV to JPEG: node build/test/bench/encoders.js [ROUNDS]. The figures are in
// docs/decisions/0003-raw-to-jpeg-encoder.md.
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import type { RawFrame } from "../../src/media/frame.ts";
import { GROUP_PIXELS, createSimdKernels } from "../../src/transcode/colour-kernels.ts";
import { planEncodeMemory } from "../../src/transcode/encode-memory.ts";
import { JpegEncoder } from "../../src/transcode/jpeg-encoder.ts";
import { loadJpegTurbo } from "../../src/transcode/jpeg-turbo.ts";
import { createScalarKernels } from "../../src/transcode/scalar-kernels.ts";
import { makeClip } from "../support/video-clip.ts";
import { onStage, yuyvShape } from "./bench-context.ts";
import { withServer } from "./bench-server.ts";
import { comparePlanes, decodeJpegs, splitYuyv } from "./stamped-picture.ts";
import { median } from "./statistics.ts";
import { createPlanarEncoder } from "./turbojpeg-planes.ts";
import { watch } from "./viewer-load.ts";

const { width, height, frames: frameCount } = yuyvShape;
const QUALITY = 80;
const framesInRound = 60;
const rounds = Number(process.argv[2] ?? 5);

/** One way from a YUYV picture to its JPEG. */
interface Candidate {
  readonly name: string;
  readonly encode: (yuyv: Buffer) => Buffer | Promise<Buffer>;
}

/** CPU of the whole process, all its threads, in milliseconds for each frame. */
async function cpuMsPerFrame({ encode }: Candidate, clip: readonly Buffer[]): Promise<number> {
  for (const frame of clip) await encode(frame);
  const before = process.cpuUsage();
  for (let index = 0; index < framesInRound; index++) await encode(clip[index % clip.length] ?? Buffer.alloc(0));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / framesInRound;
}

function toRawFrame(bytes: Buffer): RawFrame {
  const shape = { pixelFormat: "YUYV", width, height, bytesPerLine: width * 2 } as const;
  return { ...shape, codec: "raw", keyframe: true, bytes, captureTimeNs: 0n, sequence: 0 };
}

/** jpeg-turbo on this thread, behind kernels in WebAssembly or JavaScript. */
function createTurbo(createKernels: typeof createSimdKernels, subsampling: "SAMP_420" | "SAMP_422") {
  const turbo = loadJpegTurbo();
  const plan = planEncodeMemory("YUYV", width, height);
  const pages = Math.ceil(plan.sizeBytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const kernels = createKernels(memory);
  const input = Buffer.from(memory.buffer, 0, plan.rawBytes);
  const pixels = Buffer.from(memory.buffer, plan.pixelsOffset);
  const options = { width, height, subsampling: turbo[subsampling] };
  const out = Buffer.alloc(turbo.bufferSize(options));
  return (yuyv: Buffer): Buffer => {
    yuyv.copy(input);
    for (let line = 0; line < height; line++) {
      const at = plan.pixelsOffset + line * plan.pixelsPerLine * 4;
      kernels.YUYV(line * width * 2, 0, 0, at, plan.pixelsPerLine / GROUP_PIXELS);
    }
    return turbo.compressSync(pixels, out, { ...options, format: turbo.FORMAT_BGRX, quality: QUALITY });
  };
}

/** The plainest conversion there is, for sharp, which takes nothing but RGB. */
function toRgb(yuyv: Buffer): Buffer {
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let at = 0, out = 0; at < yuyv.length; at += 4) {
    const cb = (yuyv[at + 1] ?? 0) - 128;
    const cr = (yuyv[at + 3] ?? 0) - 128;
    for (const luma of [yuyv[at] ?? 0, yuyv[at + 2] ?? 0]) {
      rgb[out++] = luma + 1.402 * cr;
      rgb[out++] = luma - 0.344_136 * cb - 0.714_136 * cr;
      rgb[out++] = luma + 1.772 * cb;
    }
  }
  return Buffer.from(rgb.buffer);
}

function createSharp(clip: readonly Buffer[]): (yuyv: Buffer) => Promise<Buffer> {
  sharp.concurrency(1);
  const converted = new Map(clip.map((yuyv) => [yuyv, toRgb(yuyv)]));
  const raw = { width, height, channels: 3 } as const;
  return (yuyv) =>
    sharp(converted.get(yuyv), { raw }).jpeg({ quality: QUALITY, chromaSubsampling: "4:2:0" }).toBuffer();
}

async function measureUstreamer(): Promise<number> {
  return onStage(yuyvShape, (stage) =>
    withServer("ustreamer", stage, async (server) => {
      const load = await watch(server, { viewers: 1, warmUpSeconds: 1, seconds: 5 });
      return ((load.cpuSeconds.server - load.cpuSeconds.camera) / load.frames) * 1000;
    }),
  );
}

async function describe(
  { name, encode }: Candidate,
  clip: readonly Buffer[],
  cpuMs: readonly number[],
): Promise<string> {
  const jpegs: Buffer[] = [];
  for (const frame of clip) jpegs.push(Buffer.from(await encode(frame)));
  const decoded = await decodeJpegs(jpegs, width, height);
  const ratios = decoded.map((planes, index) =>
    comparePlanes(planes, splitYuyv(clip[index] ?? Buffer.alloc(0)), width),
  );
  const kilobytes = median(jpegs.map(({ length }) => length / 1000));
  const spread = `${Math.min(...cpuMs).toFixed(2)}–${Math.max(...cpuMs).toFixed(2)}`;
  const decibels = [median(ratios.map(({ luma }) => luma)), median(ratios.map(({ all }) => all))];
  const cells = [
    name,
    `${median(cpuMs).toFixed(2)} (${spread})`,
    kilobytes.toFixed(1),
    ...decibels.map((db) => db.toFixed(2)),
  ];
  return `| ${cells.join(" | ")} |`;
}

const bytes = await readFile((await makeClip(yuyvShape)).file);
const clip = Array.from({ length: frameCount }, (_, index) =>
  bytes.subarray(index * width * height * 2, (index + 1) * width * height * 2),
);
const encoder = new JpegEncoder(QUALITY);
const candidates: readonly Candidate[] = [
  { name: "JpegEncoder: worker, SIMD kernel, jpeg-turbo 4:2:0", encode: (yuyv) => encoder.encode(toRawFrame(yuyv)) },
  { name: "SIMD kernel, jpeg-turbo 4:2:0", encode: createTurbo(createSimdKernels, "SAMP_420") },
  { name: "SIMD kernel, jpeg-turbo 4:2:2", encode: createTurbo(createSimdKernels, "SAMP_422") },
  { name: "JavaScript kernel, jpeg-turbo 4:2:0", encode: createTurbo(createScalarKernels, "SAMP_420") },
  { name: "JavaScript planes, libturbojpeg through koffi 4:2:0", encode: createPlanarEncoder(width, height, QUALITY) },
  { name: "sharp 4:2:0 (encoding alone)", encode: createSharp(clip) },
];
const cpuMs = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
const ustreamerMs: number[] = [];
for (let round = 0; round < rounds; round++) {
  for (const candidate of candidates) cpuMs.get(candidate.name)?.push(await cpuMsPerFrame(candidate, clip));
  ustreamerMs.push(await measureUstreamer());
}
console.log(`| Way | CPU ms a frame: median (spread of ${rounds}) | kB | PSNR Y | PSNR all |\n|---|---|---|---|---|`);
for (const candidate of candidates) console.log(await describe(candidate, clip, cpuMs.get(candidate.name) ?? []));
console.log(
  `ustreamer, whole server with one viewer: ${median(ustreamerMs).toFixed(2)} ms (${ustreamerMs.map((ms) => ms.toFixed(2)).join(", ")})`,
);
await encoder.close();
