import type { Colour } from "./rgb-canvas.ts";

/** What the pattern's colours become. */
export const palettes = ["Colour", "Grey", "Negative"] as const;

/** How the pattern is drawn. */
export interface PatternLook {
  /** -100 (black) to 100 (white). */
  readonly brightness: number;
  /** Percent: 0 (all grey) to 200. */
  readonly contrast: number;
  readonly palette: (typeof palettes)[number];
  readonly hasMovingBar: boolean;
}

export const plainLook: PatternLook = { brightness: 0, contrast: 100, palette: "Colour", hasMovingBar: true };

/** A colour as the look shows it; the plain look leaves it as it is. */
export function applyLook(colour: Colour, { brightness, contrast, palette }: PatternLook): Colour {
  const channels = [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];
  const [red = 0, green = 0, blue = 0] = channels;
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return channels.reduce((sum, channel) => {
    const shown = palette === "Grey" ? luma : palette === "Negative" ? 255 - channel : channel;
    const value = Math.round(((shown - 128) * contrast) / 100 + 128 + brightness * 2.55);
    return sum * 256 + Math.min(255, Math.max(0, value));
  }, 0);
}
