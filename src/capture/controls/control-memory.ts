import type { ControlValue } from "../../hub/camera-controls.ts";
import type { StateStore } from "../../store/state-file.ts";

/** One control of one camera as it was set at run time. */
interface RememberedControl {
  /** `null`: an automatic mode that was switched on decides it, and the config's value is not set. */
  readonly value: ControlValue | null;
  /** The config's value at that time; `null` where it had none. */
  readonly over: ControlValue | null;
}

type Remembered = ReadonlyMap<string, RememberedControl>;

/** What one setting of controls leaves to be remembered. */
export interface ControlChange {
  readonly set: ReadonlyMap<string, ControlValue>;
  /** Names of those that an automatic mode has just taken over. */
  readonly takenOver: readonly string[];
  /** Names of those that no mode decides now. */
  readonly active: ReadonlySet<string>;
}

export interface ControlMemoryOptions {
  readonly store: StateStore;
  /** The config's values, which a remembered one replaces until they change. */
  readonly config: Readonly<Record<string, ControlValue>>;
  /** Told in a whole sentence of what in the store is of no use. */
  readonly complain: (message: string) => void;
}

const section = "controls";
/** More cameras than a machine ever sees; those set longest ago are forgotten first. */
const maxCameras = 200;

function isValue(value: unknown): value is ControlValue {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function isRemembered(entry: unknown): entry is RememberedControl {
  if (!isObject(entry)) return false;
  const { value, over } = entry;
  return (value === null || isValue(value)) && (over === null || isValue(over));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What was set at run time, camera by camera, in the store's section `controls`: `{ [identity]: { [name]: { value, over } } }`,
 * the camera set last at the end. Whatever else stands there is complained of and left out.
 */
export class ControlMemory {
  readonly #options: ControlMemoryOptions;

  constructor(options: ControlMemoryOptions) {
    this.#options = options;
  }

  /** Whether nothing is remembered of any camera. */
  get isEmpty(): boolean {
    return this.#cameras().size === 0;
  }

  /** What to set on the camera when it is opened: the config's values, and over them what is remembered of it. */
  recall(identity: string): { values: Record<string, ControlValue>; remembered: ReadonlySet<string> } {
    const all = this.#of(identity);
    const upToDate = this.#upToDate(all);
    const isStale = upToDate.size < all.size;
    if (isStale || this.#isNearlyForgotten(identity)) this.#keep(identity, upToDate);
    const values = new Map<string, ControlValue>(Object.entries(this.#options.config));
    for (const [name, { value }] of upToDate) {
      if (value === null) values.delete(name);
      else values.set(name, value);
    }
    return { values: Object.fromEntries(values), remembered: new Set(upToDate.keys()) };
  }

  remember(identity: string, { set, takenOver, active }: ControlChange): void {
    const kept = new Map(this.#upToDate(this.#of(identity)));
    for (const [name, { value }] of kept) if (value === null && active.has(name)) kept.delete(name);
    for (const name of takenOver) {
      const over = this.#configured(name);
      if (over === null) kept.delete(name);
      else kept.set(name, { value: null, over });
    }
    for (const [name, value] of set) kept.set(name, { value, over: this.#configured(name) });
    this.#keep(identity, kept);
  }

  forget(identity: string): void {
    if (this.#cameras().has(identity)) this.#keep(identity, new Map());
  }

  #configured(name: string): ControlValue | null {
    const { config } = this.#options;
    return Object.hasOwn(config, name) ? (config[name] ?? null) : null;
  }

  /** Without what the config has changed since; what a mode had taken over is then the config's again as well. */
  #upToDate(all: Remembered): Remembered {
    const fresh = [...all].filter(([name, { over }]) => over === this.#configured(name));
    const isChanged = fresh.length < all.size;
    return new Map(isChanged ? fresh.filter(([, { value }]) => value !== null) : fresh);
  }

  #cameras(): Map<string, unknown> {
    const kept = this.#options.store.get(section);
    if (kept === undefined) return new Map();
    if (isObject(kept)) return new Map(Object.entries(kept));
    this.#options.complain(`what is remembered of controls is of no use: ${section} is not an object`);
    return new Map();
  }

  #of(identity: string): Remembered {
    const kept = this.#cameras().get(identity) ?? {};
    if (!isObject(kept)) {
      this.#options.complain(`what is remembered of the camera ${identity} is of no use: it is not an object`);
      return new Map();
    }
    const good = new Map<string, RememberedControl>();
    for (const [name, entry] of Object.entries(kept)) {
      if (isRemembered(entry)) good.set(name, { value: entry.value, over: entry.over });
      else this.#options.complain(`control ${name}: what is remembered of it is of no use: ${JSON.stringify(entry)}`);
    }
    return good;
  }

  /** Whether a camera that is used is among the older half of those that there is room for; spares the disk a write. */
  #isNearlyForgotten(identity: string): boolean {
    const identities = [...this.#cameras().keys()];
    const index = identities.indexOf(identity);
    return index >= 0 && identities.length - index > maxCameras / 2;
  }

  #keep(identity: string, controls: Remembered): void {
    const cameras = this.#cameras();
    cameras.delete(identity);
    if (controls.size > 0) cameras.set(identity, Object.fromEntries(controls));
    const newest = [...cameras].slice(-maxCameras);
    this.#options.store.set(section, newest.length === 0 ? undefined : Object.fromEntries(newest));
  }
}
