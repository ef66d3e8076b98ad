import type { CameraSwitch } from "../../src/hub/camera-switch.ts";

/** Switches that remember what they were told, and move nothing. */
export class RecordedSwitch implements CameraSwitch {
  /** `on door in the API`, `restart door`, in their order. */
  readonly told: string[] = [];
  readonly #off = new Set<string>();
  readonly #listeners = new Set<(cameraId: string) => void>();

  isOn(cameraId: string): boolean {
    return !this.#off.has(cameraId);
  }

  turn(cameraId: string, on: boolean, by: string): void {
    this.told.push(`${on ? "on" : "off"} ${cameraId} ${by}`);
    if (on) this.#off.delete(cameraId);
    else this.#off.add(cameraId);
    for (const listener of this.#listeners) listener(cameraId);
  }

  restart(cameraId: string): void {
    this.told.push(`restart ${cameraId}`);
  }

  onChange(listener: (cameraId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
