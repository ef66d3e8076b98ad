import { constants } from "node:os";
import type { RawControlValue } from "../../../../src/capture/controls/control-descriptor.ts";
import type { ControlDriver, ControlQuery, ControlTarget } from "../../../../src/capture/controls/control-driver.ts";
import type { ControlSystem } from "../../../../src/capture/v4l2/control-system.ts";
import { SystemCallError } from "../../../../src/capture/v4l2/system-call-error.ts";

type ErrorName = keyof typeof constants.errno;

/** One control of the fake camera; what is left out is as for a plain integer 0 to 255. */
export interface FakeControl extends Partial<Omit<ControlQuery, "flags">> {
  readonly id: number;
  readonly label: string;
  readonly flags?: number;
  readonly menu?: Readonly<Record<number, string | bigint>>;
  value?: RawControlValue;
  /** As uvcvideo does it: inactive, and refused with EACCES, while that control has that value. */
  readonly offWhile?: { readonly id: number; readonly value: bigint };
  /** What setting fails with. */
  readonly refuse?: ErrorName;
  /** What trying fails with. */
  readonly refuseTry?: ErrorName;
  /** What reading fails with. */
  readonly unreadable?: ErrorName;
  /** What the camera makes of a value. */
  readonly keep?: (value: RawControlValue) => RawControlValue;
}

export interface FakeCameraOptions {
  /** False: VIDIOC_QUERY_EXT_CTRL and the EXT_CTRLS ioctls are unknown. */
  readonly extended?: boolean;
  /** False: V4L2_CTRL_FLAG_NEXT_CTRL is unknown as well. */
  readonly next?: boolean;
  /** False: VIDIOC_SUBSCRIBE_EVENT is unknown. */
  readonly events?: boolean;
}

function refusal(code: ErrorName, syscall = "VIDIOC_FAKE"): SystemCallError {
  return new SystemCallError(syscall, constants.errno[code]);
}

/** A camera's controls as the kernel answers for them; `writes` records each value set, `failing` breaks every ioctl. */
export class FakeCamera {
  readonly controls: Map<number, FakeControl>;
  readonly writes: [label: string, value: RawControlValue][] = [];
  readonly open = new Set<number>();
  readonly opened: string[] = [];
  /** Which physical camera it is. */
  identity = "usb-Fake_Camera_1";
  /** Ids of the controls subscribed to. */
  readonly subscribed: number[] = [];
  /** How often all controls were listed. */
  listed = 0;
  failing: ErrorName | undefined;
  openFails: ErrorName | undefined;
  #nextFd = 100;
  readonly #options: FakeCameraOptions;

  constructor(controls: readonly FakeControl[], options: FakeCameraOptions = {}) {
    this.controls = new Map(controls.map((control) => [control.id, { value: control.default ?? 0n, ...control }]));
    this.#options = options;
  }

  value(label: string): RawControlValue | undefined {
    return [...this.controls.values()].find((control) => control.label === label)?.value;
  }

  #isOff({ offWhile }: FakeControl): boolean {
    return offWhile !== undefined && this.controls.get(offWhile.id)?.value === offWhile.value;
  }

  #find(id: number): FakeControl {
    if (this.failing) throw refusal(this.failing);
    const control = this.controls.get(id);
    if (!control) throw refusal("EINVAL");
    return control;
  }

  #query(asked: number, next: number): ControlQuery {
    if (this.failing) throw refusal(this.failing);
    const wantsNext = (asked & next) !== 0;
    if (wantsNext && this.#options.next === false) throw refusal("EINVAL");
    const id = asked & 0x0fffffff;
    const ids = [...this.controls.keys()].toSorted((left, right) => left - right);
    const control = this.#find(wantsNext ? (ids.find((candidate) => candidate > id) ?? -1) : id);
    const inactive = this.#isOff(control) ? 0x10 : 0;
    const range = { type: 1, minimum: 0n, maximum: 255n, step: 1n, default: 0n, dimensions: [] };
    return { ...range, ...control, flags: (control.flags ?? 0) | inactive };
  }

  #get(id: number): RawControlValue {
    const control = this.#find(id);
    if (control.unreadable) throw refusal(control.unreadable);
    return control.value ?? 0n;
  }

  #set(id: number, value: RawControlValue): void {
    const control = this.#find(id);
    if (control.refuse) throw refusal(control.refuse);
    if (this.#isOff(control)) throw refusal("EACCES");
    this.writes.push([control.label, value]);
    control.value = control.keep ? control.keep(value) : value;
  }

  #needExtended(): void {
    if (this.#options.extended === false) throw refusal("ENOTTY");
  }

  driver(): ControlDriver {
    return {
      queryExtended: async (id) => {
        this.#needExtended();
        if (id === 0xc0000000) this.listed += 1;
        return this.#query(id, 0xc0000000);
      },
      query: async (id) => this.#query(id, 0x80000000),
      queryMenu: async (id, index) => {
        const entry = this.#find(id).menu?.[index];
        if (entry === undefined) throw refusal("EINVAL");
        return typeof entry === "string" ? { label: entry, value: 0n } : { label: "", value: entry };
      },
      getExtended: async (targets: readonly ControlTarget[]) => {
        this.#needExtended();
        return targets.map(({ id }) => this.#get(id));
      },
      get: async (id) => BigInt(this.#get(id)),
      tryExtended: async ({ id }) => {
        this.#needExtended();
        const { refuseTry } = this.#find(id);
        if (refuseTry) throw refusal(refuseTry);
      },
      setExtended: async ({ id }, value) => {
        this.#needExtended();
        this.#set(id, value);
      },
      set: async (id, value) => this.#set(id, value),
      subscribe: async (id) => {
        this.#find(id);
        if (this.#options.events === false) throw refusal("ENOTTY");
        this.subscribed.push(id);
      },
    };
  }

  /** Opens nothing real; `open` holds the descriptors not yet closed. */
  system(): ControlSystem {
    const give = (how: string): number => {
      this.#nextFd += 1;
      this.open.add(this.#nextFd);
      this.opened.push(how);
      return this.#nextFd;
    };
    return {
      open: async (path) => {
        if (this.openFails) throw refusal(this.openFails, "open");
        return give(path);
      },
      duplicate: (fd) => give(`duplicate of ${fd}`),
      close: async (fd) => {
        if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} is not open`);
      },
      driver: (fd) => {
        if (!this.open.has(fd)) throw new Error(`descriptor ${fd} is not open`);
        return { ...this.driver(), identity: async () => this.identity };
      },
    };
  }
}
