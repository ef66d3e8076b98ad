/** One frame size of a format as `v4l2-ctl --list-formats-ext` prints it, with its rates in frames a second. */
export interface ListedSize {
  readonly width: number;
  readonly height: number;
  readonly fps: readonly number[];
}

/** One format of the same list. */
export interface ListedFormat {
  readonly fourcc: string;
  readonly sizes: readonly ListedSize[];
}

/** One control as `v4l2-ctl -L` prints it; numbers and strings as they stand there. */
export interface ListedControl {
  readonly name: string;
  readonly id: number;
  /** `int`, `bool`, `menu`, `intmenu`, `button`, `int64`, `bitmask`, `str`, `u8`, … */
  readonly type: string;
  /** `min`, `max`, `step`, `default`, `value`, `dims`. */
  readonly facts: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** Entries of a menu: value to label. */
  readonly menu: ReadonlyMap<number, string>;
}

/** Reads the output of `v4l2-ctl --list-formats-ext`; blanks inside a FourCC (`Y16 -BE`) are left out. Stepwise sizes are not among what the test cameras have. */
export function parseListedFormats(text: string): ListedFormat[] {
  const formats: { fourcc: string; sizes: { width: number; height: number; fps: number[] }[] }[] = [];
  for (const line of text.split("\n")) {
    const format = /^\s*\[\d+\]: '(.{4}(?:-BE)?)'/.exec(line);
    const size = /Size: Discrete (\d+)x(\d+)/.exec(line);
    const interval = /Interval: Discrete \S+ \(([\d.]+) fps\)/.exec(line);
    if (format?.[1] !== undefined) formats.push({ fourcc: format[1].replaceAll(" ", ""), sizes: [] });
    else if (size) formats.at(-1)?.sizes.push({ width: Number(size[1]), height: Number(size[2]), fps: [] });
    else if (interval) formats.at(-1)?.sizes.at(-1)?.fps.push(Number(interval[1]));
  }
  return formats;
}

const controlLine = /^\s*(\S+) 0x([\da-f]{8}) \((\S+?)\)\s*: ?(.*)$/;

/** Reads the output of `v4l2-ctl -L`. */
export function parseListedControls(text: string): ListedControl[] {
  const controls: (ListedControl & { menu: Map<number, string> })[] = [];
  for (const line of text.split("\n")) {
    const control = controlLine.exec(line);
    const entry = /^\t+(\d+): (.*)$/.exec(line);
    if (control) {
      const [, name = "", id = "", type = "", rest = ""] = control;
      const [facts = "", flags = ""] = rest.split(/\s*flags=/);
      const pairs = facts.matchAll(/(\w+)=('[^']*'|\S+)/g);
      controls.push({
        name,
        id: Number.parseInt(id, 16),
        type,
        facts: Object.fromEntries(Array.from(pairs, ([, key, value]) => [key ?? "", value ?? ""])),
        flags: flags.split(", ").filter((flag) => flag !== ""),
        menu: new Map(),
      });
    } else if (entry) {
      controls.at(-1)?.menu.set(Number(entry[1]), entry[2] ?? "");
    }
  }
  return controls;
}
