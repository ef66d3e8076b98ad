import type { ControlsListener, ControlsPort } from "../../hub/camera-controls.ts";

/** Controls of a camera that has yet to be found. */
export interface LateControls extends ControlsPort {
  /** Listeners registered before it was found are told from now on. Rejects with what finding it rejects with. */
  connect(): Promise<void>;
}

/** `find` answers with the camera's controls, always the same ones, or rejects while there is no camera. */
export function createLateControls(find: () => Promise<ControlsPort>): LateControls {
  const waiting = new Set<{ readonly tell: ControlsListener; end?: () => void }>();
  let found: ControlsPort | undefined;
  const connect = async (): Promise<ControlsPort> => {
    if (found) return found;
    const controls = await find();
    found = controls;
    for (const entry of waiting) entry.end ??= controls.onChange(entry.tell);
    waiting.clear();
    return controls;
  };
  return {
    connect: async () => void (await connect()),
    list: async () => (await connect()).list(),
    set: async (values) => (await connect()).set(values),
    toDefaults: async () => (await connect()).toDefaults(),
    onChange(tell) {
      if (found) return found.onChange(tell);
      const entry: { readonly tell: ControlsListener; end?: () => void } = { tell };
      waiting.add(entry);
      return () => {
        waiting.delete(entry);
        entry.end?.();
      };
    },
  };
}
