import type { FormatChoice } from "../capture/v4l2/choose-format.ts";
import { formatRate, type CaptureSize, type FormatOffer } from "../capture/v4l2/format-offer.ts";
import { pixelLayout } from "../capture/v4l2/pixel-formats.ts";

/** One capture node with all there is to know before using it. */
export interface DeviceReport {
  /** What the camera is called where no config names it. */
  readonly id: string;
  readonly name: string;
  /** The best name for a config, then the others. */
  readonly paths: readonly string[];
  readonly driver: string;
  readonly bus: string;
  readonly formats: readonly FormatOffer[];
  /** What `format: auto` takes; undefined where there is nothing to take: see `problem`. */
  readonly auto: FormatChoice | undefined;
  readonly state: "free" | "in use" | "unusable";
  /** Who uses it, or why it cannot be used. */
  readonly problem: string | undefined;
}

/** A node that could not be asked what it is. */
interface UnknownDevice {
  readonly node: string;
  readonly problem: string;
}

export interface DevicesReport {
  readonly devices: readonly DeviceReport[];
  readonly unknown: readonly UnknownDevice[];
}

const noDevice = `No camera found: no /dev/video* node of this machine captures video.

What to check:
  lsusb                   is the camera plugged in and seen?
  ls -l /dev/video*       is there a node? In a container each one must be passed on (--device /dev/video0)
  sudo dmesg | tail -30   what does the kernel say when it is plugged in?
  rpicam-hello            a Raspberry Pi camera module? It needs "source: command" with rpicam-vid
`;

const maxColumns = 110;
const labelWidth = 10;

/** Words from a driver without what could move a terminal's cursor. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}

/** `parts` joined by commas into lines that fit, each but the first indented by `indent` columns. */
function wrap(parts: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}, ${part}`;
    if (line !== "" && indent + longer.length > maxColumns) {
      lines.push(`${line},`);
      line = part;
    } else line = longer;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** Neighbours for which `keyOf` is the same, together. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function formatRates({ rates }: CaptureSize): string {
  return rates.length === 0 ? "rate not listed" : `${rates.map(formatRate).join(", ")} fps`;
}

/** One line for all sizes of the same rates: `1280x720, 640x480 at 30, 15 fps`. */
function formatSizes({ sizes, range }: FormatOffer, indent: number): string[] {
  const span = range && [
    `any size from ${range.minWidth}x${range.minHeight} to ${range.maxWidth}x${range.maxHeight}` +
      ` in steps of ${range.stepWidth}x${range.stepHeight}, for example`,
  ];
  const lines = [...groupBy(sizes, formatRates)].map(([rates, alike]) => {
    const parts = alike.map(({ width, height }) => `${width}x${height}`);
    return `${wrap(parts, indent)} at ${rates}`;
  });
  return [...(span ?? []), ...(lines.length > 0 ? lines : ["sizes not listed"])];
}

function formatFormats(formats: readonly FormatOffer[]): string {
  const usable = formats.filter(({ fourcc }) => pixelLayout(fourcc) !== undefined);
  const others = formats.filter(({ fourcc }) => pixelLayout(fourcc) === undefined).map(({ fourcc }) => fourcc);
  const indent = labelWidth + 4;
  const blocks = [...groupBy(usable, (offer) => formatSizes(offer, indent).join("\n"))].map(([sizes, alike]) => {
    const names = wrap(
      alike.map(({ fourcc, emulated }) => (emulated ? `${fourcc} (emulated)` : fourcc)),
      labelWidth + 2,
    );
    return [names, ...sizes.split(/\n(?! )/).map((line) => `${" ".repeat(indent)}${line}`)].join("\n");
  });
  if (others.length > 0) blocks.push(`not used: ${wrap(others, labelWidth + 2)}`);
  return blocks.length > 0 ? blocks.join(`\n${" ".repeat(labelWidth + 2)}`) : "none";
}

function formatChoice({ fourcc, width, height, fps }: FormatChoice): string {
  return `${fourcc} ${width}x${height}${fps === 0 ? "" : ` at ${Math.round(fps * 100) / 100} fps`}`;
}

function formatState({ state, problem }: DeviceReport): string {
  return problem === undefined ? state : `${state}: ${problem}`;
}

function formatDevice(device: DeviceReport): string {
  const rows: readonly (readonly [string, string])[] = [
    ["device", device.paths.join(`\n${" ".repeat(labelWidth + 2)}`)],
    ["driver", printable([device.driver, device.bus].filter((part) => part !== "").join(", "))],
    ["state", formatState(device)],
    ["auto", device.auto ? formatChoice(device.auto) : "nothing that can be used"],
    ["formats", formatFormats(device.formats)],
  ];
  const lines = rows.map(([label, text]) => `  ${label.padEnd(labelWidth)}${text}`);
  return [`${device.id}  ${printable(device.name)}`, ...lines, ""].join("\n");
}

/** All capture nodes for a terminal; where there is none, what to check. */
export function printDevices({ devices, unknown }: DevicesReport): string {
  const failed = unknown.map(({ node, problem }) => `${node}: ${problem}\n`);
  if (devices.length === 0 && failed.length === 0) return noDevice;
  return [...devices.map(formatDevice), ...failed].join("\n");
}
