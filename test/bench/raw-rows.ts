import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cameraShape, onStage, yuyvShape, type BenchContext, type Measure } from "./bench-context.ts";
import { withServer, type ServerName } from "./bench-server.ts";
import { formatSummary, judgeAtMost, type Row, type Verdict } from "./report.ts";
import { comparePlanes, decodeJpegs, readPictureStamp, splitYuyv, type Planes } from "./stamped-picture.ts";
import { median, quantile, summarize, type Summary } from "./statistics.ts";
import { watch, type LoadResult } from "./viewer-load.ts";

const delayGoalFrames = 0.5;

/** PSNR that is this much lower, dB, counts as the same. */
const psnrTolerance = 0.05;

/** More pictures would not change the middle value. */
const comparedPictures = 12;

const servers: readonly ServerName[] = ["ustreamer", "sightline"];
const { width, height, fps } = cameraShape;

interface RawRun {
  readonly cpuMsPerFrame: number;
  readonly fps: number;
  readonly kilobytes: number;
  readonly lumaDb: number;
  readonly allDb: number;
  /** Capture to arrival, in frames. */
  readonly delay: { readonly p50: number; readonly p99: number };
}

interface Arrival {
  readonly ns: bigint;
  readonly jpeg: Buffer;
}

async function readArrivals(directory: string): Promise<readonly Arrival[]> {
  const names = (await readdir(directory)).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      ns: BigInt(name.replace(".jpg", "")),
      jpeg: await readFile(join(directory, name)),
    })),
  );
}

/** The clip's picture that the camera showed as its `sequence`th. */
async function loadClip(file: string): Promise<(sequence: number) => Planes> {
  const bytes = await readFile(file);
  const pictureBytes = width * height * 2;
  const pictures = Math.floor(bytes.length / pictureBytes);
  return (sequence) => {
    const at = (sequence % pictures) * pictureBytes;
    return splitYuyv(bytes.subarray(at, at + pictureBytes));
  };
}

async function judgePictures(
  arrivals: readonly Arrival[],
  original: (sequence: number) => Planes,
): Promise<Pick<RawRun, "kilobytes" | "lumaDb" | "allDb" | "delay">> {
  const pictures = await decodeJpegs(
    arrivals.map(({ jpeg }) => jpeg),
    width,
    height,
  );
  const stamps = pictures.map(({ luma }) => readPictureStamp(luma, width));
  const delays = stamps.map(({ captureNs }, index) => (Number((arrivals[index]?.ns ?? 0n) - captureNs) / 1e9) * fps);
  const ratios = pictures
    .slice(0, comparedPictures)
    .map((picture, index) => comparePlanes(picture, original(stamps[index]?.sequence ?? 0), width));
  return {
    kilobytes: median(arrivals.map(({ jpeg }) => jpeg.length / 1000)),
    lumaDb: median(ratios.map(({ luma }) => luma)),
    allDb: median(ratios.map(({ all }) => all)),
    delay: { p50: median(delays), p99: quantile(delays, 0.99) },
  };
}

async function measureServer(
  name: ServerName,
  context: BenchContext,
  round: number,
  original: (sequence: number) => Planes,
): Promise<RawRun> {
  const directory = join(context.directory, "pictures");
  await mkdir(directory);
  const { seconds, warmUpSeconds } = context.options;
  const load: LoadResult = await withServer(name, context, (server) =>
    watch(server, { viewers: 1, warmUpSeconds, seconds, keep: { directory, every: 5 } }),
  );
  const pictures = await judgePictures(await readArrivals(directory), original);
  await rm(directory, { recursive: true });
  const { server, camera } = load.cpuSeconds;
  const run = { cpuMsPerFrame: ((server - camera) / load.frames) * 1000, fps: load.fps.min, ...pictures };
  context.recordLoad({ row: "raw", server: name, round, ...run }, load);
  return run;
}

/** One table row out of one figure of both servers; `judge` sees the two middle values. */
function row(
  measure: string,
  runs: ReadonlyMap<ServerName, readonly RawRun[]>,
  figure: (run: RawRun) => number,
  unit: string,
  goal: { readonly text: string; readonly judge: (own: number, other: number) => Verdict },
): Row {
  const summary = (name: ServerName): Summary => summarize((runs.get(name) ?? []).map(figure));
  const [own, other] = [summary("sightline"), summary("ustreamer")];
  return {
    measure,
    sightline: formatSummary(own, unit, 2),
    ustreamer: formatSummary(other, unit, 2),
    result: `${(own.median / other.median).toFixed(2)} × ustreamer`,
    goal: goal.text,
    verdict: goal.judge(own.median, other.median),
  };
}

const noGoal = { text: "", judge: (): Verdict => "noted" };
const noWorse = {
  text: "not below ustreamer's",
  judge: (own: number, other: number): Verdict => judgeAtMost(other, own + psnrTolerance),
};
const cheaper = {
  text: "≤ 1.00 × ustreamer",
  judge: (own: number, other: number): Verdict => judgeAtMost(own, other),
};
const prompt = { text: `< ${delayGoalFrames}`, judge: (own: number): Verdict => judgeAtMost(own, delayGoalFrames) };

function rawRows(runs: ReadonlyMap<ServerName, readonly RawRun[]>): readonly Row[] {
  const title = `YUYV ${width}x${height} to JPEG, quality 80`;
  return [
    row(`${title}: CPU for each frame`, runs, (run) => run.cpuMsPerFrame, "ms", cheaper),
    row(`${title}: PSNR, brightness`, runs, (run) => run.lumaDb, "dB", noWorse),
    row(`${title}: PSNR, all planes`, runs, (run) => run.allDb, "dB", noWorse),
    row(`${title}: size`, runs, (run) => run.kilobytes, "kB", noGoal),
    row(`${title}: rate`, runs, (run) => run.fps, "fps", noGoal),
    row(`${title}: capture to arrival, p50`, runs, (run) => run.delay.p50, "frames", prompt),
    row(`${title}: capture to arrival, p99`, runs, (run) => run.delay.p99, "frames", noGoal),
  ];
}

/** The encoder for raw cameras beside ustreamer's: what it costs, what it does to the picture, how long it takes. */
export const measureRaw: Measure = (mjpegContext) =>
  onStage(yuyvShape, async (stage) => {
    const context = { ...mjpegContext, ...stage };
    const original = await loadClip(stage.camera.modes[0]?.file ?? "");
    const runs = new Map<ServerName, RawRun[]>(servers.map((name) => [name, []]));
    for (let round = 0; round < context.options.rounds; round++) {
      for (const name of round % 2 === 0 ? servers : servers.toReversed()) {
        runs.get(name)?.push(await measureServer(name, context, round, original));
      }
    }
    return rawRows(runs);
  });
