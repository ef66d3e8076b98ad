import type { ControlDriver, ControlQuery, DriverError } from "../controls/control-driver.ts";
import { controlFlag } from "../controls/control-types.ts";
import { palettes, type PatternLook } from "./pattern-look.ts";

/** V4L2_CID_… where V4L2 has one; the others are in the range that drivers have for their own. */
const id = {
  brightness: 0x0098_0900,
  contrast: 0x0098_0901,
  autoBrightness: 0x0098_0920,
  palette: 0x0098_f900,
  movingBar: 0x0098_f901,
  framesDrawn: 0x0098_f902,
  resetCounter: 0x0098_f903,
} as const;

const [integer, boolean, menu, button] = [1, 2, 3, 4];

function describe(control: Pick<ControlQuery, "id" | "type" | "label"> & Partial<ControlQuery>): ControlQuery {
  return { minimum: 0n, maximum: 1n, step: 1n, default: 0n, flags: 0, dimensions: [], ...control };
}

const controls: readonly ControlQuery[] = [
  describe({ id: id.brightness, type: integer, label: "Brightness", minimum: -100n, maximum: 100n }),
  describe({ id: id.contrast, type: integer, label: "Contrast", maximum: 200n, step: 5n, default: 100n }),
  describe({ id: id.autoBrightness, type: boolean, label: "Auto Brightness", flags: controlFlag.update }),
  describe({ id: id.palette, type: menu, label: "Palette", maximum: BigInt(palettes.length - 1) }),
  describe({ id: id.movingBar, type: boolean, label: "Moving Bar", default: 1n }),
  describe({
    id: id.framesDrawn,
    type: integer,
    label: "Frames Drawn",
    maximum: 0x7fff_ffffn,
    flags: controlFlag.readOnly | controlFlag.volatile,
  }),
  describe({ id: id.resetCounter, type: button, label: "Reset Counter", maximum: 0n, flags: controlFlag.writeOnly }),
];

function refusal(code: "EINVAL" | "EACCES" | "ERANGE"): DriverError {
  return Object.assign(new Error(`the test pattern says ${code}`), { code });
}

/** The test pattern's controls as a webcam's driver answers for them, and what they make of the picture. */
export class PatternSettings implements ControlDriver {
  readonly #values = new Map(controls.map((control) => [control.id, control.default]));
  #framesDrawn = 0;
  #look: PatternLook | undefined;

  /** The same object until a control changes it. */
  get look(): PatternLook {
    const value = (of: number): number => Number(this.#values.get(of));
    return (this.#look ??= {
      brightness: value(id.autoBrightness) === 1 ? 0 : value(id.brightness),
      contrast: value(id.contrast),
      palette: palettes[value(id.palette)] ?? "Colour",
      hasMovingBar: value(id.movingBar) === 1,
    });
  }

  /** One more picture was drawn. */
  countFrame(): void {
    this.#framesDrawn = (this.#framesDrawn + 1) % 0x8000_0000;
  }

  async queryExtended(asked: number): Promise<ControlQuery> {
    const number = asked & 0x0fff_ffff;
    const found = controls.find((control) => (asked === number ? control.id === number : control.id > number));
    if (!found) throw refusal("EINVAL");
    return this.#isOff(found.id) ? { ...found, flags: found.flags | controlFlag.inactive } : found;
  }

  query(asked: number): Promise<ControlQuery> {
    return this.queryExtended(asked);
  }

  async queryMenu(of: number, index: number): Promise<{ label: string; value: bigint }> {
    const label = of === id.palette ? palettes[index] : undefined;
    if (label === undefined) throw refusal("EINVAL");
    return { label, value: 0n };
  }

  getExtended(targets: readonly { readonly id: number }[]): Promise<bigint[]> {
    return Promise.all(targets.map((target) => this.get(target.id)));
  }

  async get(of: number): Promise<bigint> {
    if (of === id.framesDrawn) return BigInt(this.#framesDrawn);
    const value = this.#values.get(of);
    if (value === undefined) throw refusal("EINVAL");
    return value;
  }

  async tryExtended(target: { readonly id: number }, value: bigint | string): Promise<void> {
    const control = controls.find((candidate) => candidate.id === target.id);
    if (!control || typeof value === "string") throw refusal("EINVAL");
    if (value < control.minimum || value > control.maximum) throw refusal("ERANGE");
  }

  async setExtended(target: { readonly id: number }, value: bigint | string): Promise<void> {
    await this.set(target.id, BigInt(value));
  }

  async set(of: number, value: bigint): Promise<void> {
    if (of === id.resetCounter) {
      this.#framesDrawn = 0;
      return;
    }
    if (this.#isOff(of)) throw refusal("EACCES");
    this.#values.set(of, value);
    this.#look = undefined;
  }

  async subscribe(): Promise<void> {
    // nobody else can change anything here
  }

  #isOff(of: number): boolean {
    return of === id.brightness && this.#values.get(id.autoBrightness) === 1n;
  }
}
