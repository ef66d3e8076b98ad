import type { CaptureChannel } from "./capture/capture-channel.ts";
import type { Log } from "./core/log.ts";
import type { CameraSwitch } from "./hub/camera-switch.ts";
import type { StateStore } from "./store/state-file.ts";

const section = "switched-off";

/** Which cameras are switched off, remembered across restarts. */
export class CameraSwitches implements CameraSwitch {
  readonly #store: StateStore;
  readonly #log: Log;
  readonly #channels = new Map<string, CaptureChannel>();
  readonly #listeners = new Set<(cameraId: string) => void>();

  constructor(store: StateStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** The camera is there, not started yet: one that was switched off stays so. */
  attach(channel: CaptureChannel): void {
    this.#channels.set(channel.id, channel);
    const by = Object.entries(this.#off).find(([id]) => id === channel.id)?.[1];
    if (by !== undefined) channel.switchOff(reason(by));
  }

  detach(cameraId: string): void {
    this.#channels.delete(cameraId);
  }

  isOn(cameraId: string): boolean {
    return !Object.hasOwn(this.#off, cameraId);
  }

  turn(cameraId: string, on: boolean, by: string): void {
    const channel = this.#channels.get(cameraId);
    if (!channel || on === this.isOn(cameraId)) return;
    const { [cameraId]: _, ...others } = this.#off;
    this.#store.set(section, on ? others : { ...others, [cameraId]: by });
    this.#log.info({ camera: cameraId }, on ? `camera switched on ${by}` : `camera ${reason(by)}`);
    if (on) channel.switchOn();
    else channel.switchOff(reason(by));
    for (const listener of this.#listeners) listener(cameraId);
  }

  restart(cameraId: string): void {
    this.#channels.get(cameraId)?.restart();
  }

  onChange(listener: (cameraId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get #off(): Readonly<Record<string, string>> {
    const stored = this.#store.get(section);
    if (typeof stored !== "object" || stored === null) return {};
    return Object.fromEntries(
      Object.entries(stored).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  }
}

function reason(by: string): string {
  return `switched off ${by}`;
}
