import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeCamera, type FakeCamera } from "../support/fake-camera.ts";
import { makeClip, type ClipShape } from "../support/video-clip.ts";
import type { BenchOptions } from "./bench-options.ts";
import type { Stage } from "./bench-server.ts";
import type { Row } from "./report.ts";
import { othersCpuPercent, type LoadResult } from "./viewer-load.ts";

/** The picture that all rows are about. */
export const cameraShape = { width: 1280, height: 720, fps: 30 } as const;

/** Two seconds of MJPEG, about 48 kB a frame. */
export const mjpegShape: ClipShape = { ...cameraShape, fourcc: "MJPG", frames: 60 };

/** Less than a second of YUYV: a picture has 1.8 MB. */
export const yuyvShape: ClipShape = { ...cameraShape, fourcc: "YUYV", frames: 20 };

/** What every group of rows needs to measure. */
export interface BenchContext extends Stage {
  readonly options: BenchOptions;
  /** Every run's raw figures, for the JSON file. */
  record(what: Readonly<Record<string, unknown>>): void;
  /** The same for a run of viewers; also watches what else the machine does. */
  recordLoad(what: Readonly<Record<string, unknown>>, result: LoadResult): void;
  /** Puts more than a row can say (Markdown) below the table. */
  addSection(text: string): void;
}

/** One group of rows. */
export type Measure = (context: BenchContext) => Promise<readonly Row[]>;

/** Collects raw figures. */
export class BenchRecord {
  readonly runs: Readonly<Record<string, unknown>>[] = [];
  readonly sections: string[] = [];
  worstOthersCpuPercent = 0;

  add(what: Readonly<Record<string, unknown>>): void {
    this.runs.push(what);
    process.stderr.write(`${JSON.stringify(what)}\n`);
  }

  addLoad(what: Readonly<Record<string, unknown>>, result: LoadResult): void {
    const others = othersCpuPercent(result);
    this.worstOthersCpuPercent = Math.max(this.worstOthersCpuPercent, others);
    this.add({ ...what, ...result });
  }
}

/** Runs `measure` with a camera of this shape and a scratch folder, and removes both in any case. */
export async function onStage<T>(shape: ClipShape, measure: (stage: Stage) => Promise<T>): Promise<T> {
  const camera: FakeCamera = await createFakeCamera([await makeClip(shape)]);
  const directory = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  try {
    return await measure({ camera, directory });
  } finally {
    await camera.remove();
    await rm(directory, { recursive: true, force: true });
  }
}
