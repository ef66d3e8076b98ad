/**
 * Asks a Sightline in the camera VM for its cameras ten times a second and prints one JSON line for each change:
 *   node state-watcher.js PORT
 */
import { setTimeout as pause } from "node:timers/promises";

/** A camera's state as the API tells it, from `atNs` (the guest's CLOCK_MONOTONIC, decimal) on. */
export interface SeenState {
  readonly atNs: string;
  readonly id: string;
  /** `gone` when the camera is no longer listed. */
  readonly state: string;
  readonly reason: string;
}

interface ListedCamera {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly since: string;
}

const [port = ""] = process.argv.slice(2);
const known = new Map<string, string>();

async function ask(): Promise<readonly ListedCamera[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/cameras`);
  const { cameras } = (await response.json()) as { cameras: ListedCamera[] };
  return cameras;
}

function tell(camera: ListedCamera): void {
  const { id, state, reason, since } = camera;
  // A state that was left and come back to between two looks is another one.
  const words = `${state} ${reason} ${since}`;
  if (known.get(id) === words) return;
  if (state === "gone") known.delete(id);
  else known.set(id, words);
  const seen: SeenState = { atNs: process.hrtime.bigint().toString(), id, state, reason };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}

for (;;) {
  const cameras = await ask();
  for (const camera of cameras) tell(camera);
  for (const id of known.keys()) {
    if (!cameras.some((camera) => camera.id === id)) tell({ id, state: "gone", reason: "", since: "" });
  }
  await pause(100);
}
