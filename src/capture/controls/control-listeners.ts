import type { CameraControl, ControlsListener } from "../../hub/camera-controls.ts";

/** As text that is the same when nothing is different that listeners are told of. */
function fingerprint(controls: readonly CameraControl[]): string {
  return JSON.stringify(controls.map((control) => (control.volatile ? { ...control, value: undefined } : control)));
}

/** Who wants to know when a camera's controls change. */
export class ControlListeners {
  readonly #entries = new Set<{ readonly tell: ControlsListener }>();
  #told: string | undefined;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The answer takes the listener away again. */
  add(tell: ControlsListener): () => void {
    const entry = { tell };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
      if (this.isEmpty) this.#told = undefined;
    };
  }

  /** Tells all of them, unless nothing is different from what they were told last. */
  tell(controls: readonly CameraControl[]): void {
    if (this.isEmpty) return;
    const now = fingerprint(controls);
    if (now === this.#told) return;
    this.#told = now;
    for (const { tell } of this.#entries) tell(controls);
  }
}
