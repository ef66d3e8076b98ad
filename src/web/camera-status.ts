import { ask } from "./api.ts";

/** What the page uses of a camera in `/api/cameras`. */
export interface CameraStatus {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly state: "starting" | "live" | "stalled" | "lost" | "idle" | "off";
  readonly reason: string;
  readonly enabled: boolean;
  readonly format: { readonly width: number; readonly height: number } | null;
  readonly frameAgeMs: number | null;
  readonly fps: number;
  readonly viewers: number;
  readonly clients: readonly { readonly key?: string }[];
}

/** A frame older than this is not live any more. */
const STALE_MS = 3000;

/** Asks the server for the cameras that are ours. Throws when it does not answer properly within five seconds. */
export async function fetchCameras(): Promise<readonly CameraStatus[]> {
  return (await ask<{ cameras: readonly CameraStatus[] }>("api/cameras", { timeoutMs: 5000 })).cameras;
}

/** Switches a camera off or on, and says how it is then. Throws a Refusal where that is not ours to do. */
export function switchCamera(id: string, enabled: boolean): Promise<CameraStatus> {
  return ask(`api/cameras/${id}`, { method: "PATCH", body: { enabled } });
}

/** `1280×720 · 30 fps · 2 viewers`, as much of it as is known. */
export function formatFacts({ format, fps, viewers, source, state }: CameraStatus): string {
  const facts = [`${viewers} viewer${viewers === 1 ? "" : "s"}`];
  if (state === "live") facts.unshift(`${Math.round(fps)} fps`);
  if (format) facts.unshift(`${format.width}×${format.height}`);
  if (source === "test-pattern") facts.unshift("Test pattern");
  return facts.join(" · ");
}

/** `12 s old` when the newest frame is stale, otherwise nothing. */
export function formatStaleness({ frameAgeMs, state }: CameraStatus): string | undefined {
  if (frameAgeMs === null || frameAgeMs < STALE_MS || state === "idle" || state === "off") return undefined;
  const seconds = Math.round(frameAgeMs / 1000);
  return seconds < 120 ? `${seconds} s old` : `${Math.round(seconds / 60)} min old`;
}
