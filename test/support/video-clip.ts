import { existsSync } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { artifactDirectory } from "./compile-native.ts";
import { runTool } from "./run-tool.ts";

/** What a test clip shows: a slow zoom into a fractal with sensor noise on it, so that no two frames are alike. */
export interface ClipShape {
  readonly fourcc: "MJPG" | "YUYV" | "H264";
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** MJPG only: ffmpeg's scale, 2 (best) to 31. Default 15: about 48 kB a frame at 1280x720. */
  readonly scale?: number;
  /** H264 only: frames from one keyframe to the next. Default: one second. */
  readonly gopFrames?: number;
}

/** A clip on disk. */
export interface VideoClip extends ClipShape {
  readonly file: string;
  readonly meanFrameBytes: number;
}

function encoding({ fourcc, scale = 15, fps, gopFrames = Math.round(fps) }: ClipShape): string[] {
  if (fourcc === "MJPG") return ["-pix_fmt", "yuvj422p", "-q:v", `${scale}`, "-f", "mjpeg"];
  if (fourcc === "YUYV") return ["-pix_fmt", "yuyv422", "-f", "rawvideo"];
  // As cameras do it: no B-frames, keyframes at their time only, parameter sets in front of each.
  const groups = ["-bf", "0", "-g", `${gopFrames}`, "-keyint_min", `${gopFrames}`, "-sc_threshold", "0"];
  return ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", ...groups, "-f", "h264"];
}

/** Makes the clip with ffmpeg unless it was made before. The same shape gives the same pictures. */
export async function makeClip(shape: ClipShape): Promise<VideoClip> {
  const { fourcc, width, height, fps, frames, scale, gopFrames } = shape;
  const name = [fourcc.toLowerCase(), `${width}x${height}`, fps, frames, scale ?? gopFrames ?? "std"].join("-");
  const file = join(await artifactDirectory(), `${name}.clip`);
  if (!existsSync(file)) {
    const unfinished = `${file}.${process.pid}`;
    const picture = `mandelbrot=size=${width}x${height}:rate=${fps},noise=alls=10:allf=t:all_seed=1`;
    const source = ["-v", "error", "-y", "-f", "lavfi", "-i", picture, "-frames:v", `${frames}`];
    await runTool("ffmpeg", [...source, ...encoding(shape), unfinished]);
    await rename(unfinished, file);
  }
  return { ...shape, file, meanFrameBytes: Math.round((await stat(file)).size / frames) };
}
