import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileNative } from "./compile-native.ts";
import { runTool } from "./run-tool.ts";
import type { VideoClip } from "./video-clip.ts";

/** A camera that exists only for programs started with its {@link fakeCameraEnvironment}. */
export interface FakeCamera {
  /** The device path to capture from. */
  readonly path: string;
  readonly modes: readonly VideoClip[];
  /** Takes the device away: a running capture ends as with a pulled plug, and opening fails with ENOENT. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** The camera stays, but delivers nothing until {@link resume}. */
  stall(): Promise<void>;
  resume(): Promise<void>;
  /** Removes what was created on disk. */
  remove(): Promise<void>;
}

const nativeDirectory = "test/support/native";
const nativeSources = [
  "fake-camera.c",
  "fake-device.c",
  "fake-feeder.c",
  "fake-formats.c",
  "fake-controls.c",
  "clip.c",
];

/**
 * A character device, for programs look for that; where only root may make one, a link to a device that every machine
 * has. Nobody opens either of them: opening `path` is intercepted.
 */
async function makeNode(path: string): Promise<void> {
  await rm(path, { force: true });
  await runTool("mknod", [path, "c", "81", "0"]).catch(() => symlink("/dev/null", path));
}

/** One camera with a mode for each clip, at a path of its own (or at `path`, whose folder must exist). */
export async function createFakeCamera(modes: readonly VideoClip[], path?: string): Promise<FakeCamera> {
  const directory = path === undefined ? await mkdtemp(join(tmpdir(), "fake-camera-")) : undefined;
  const node = path ?? join(directory ?? "", "video0");
  const stalled = `${node}.stalled`;
  await makeNode(node);
  return {
    path: node,
    modes,
    unplug: () => rm(node, { force: true }),
    plug: () => makeNode(node),
    stall: () => writeFile(stalled, ""),
    resume: () => rm(stalled, { force: true }),
    remove: async () => {
      for (const entry of [node, stalled, ...(directory === undefined ? [] : [directory])]) {
        await rm(entry, { recursive: true, force: true });
      }
    },
  };
}

/** The environment variables under which a program sees these cameras (add them to the program's own). */
export async function fakeCameraEnvironment(
  ...cameras: readonly FakeCamera[]
): Promise<{ LD_PRELOAD: string; FAKE_CAMERA: string }> {
  const library = await compileNative({
    name: "fake-camera.so",
    sources: nativeSources.map((name) => `${nativeDirectory}/${name}`),
    flags: ["-shared", "-fPIC", "-ldl", "-lm", "-lpthread"],
  });
  const entries = cameras.flatMap(({ path, modes }) =>
    modes.map(({ fourcc, width, height, fps, file }) => `${path}=${fourcc}:${width}x${height}@${fps}:${file}`),
  );
  return { LD_PRELOAD: library, FAKE_CAMERA: entries.join(";") };
}
