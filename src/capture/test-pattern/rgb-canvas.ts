import { glyphHeight, glyphWidth, glyphs } from "./bitmap-font.ts";

/** A colour as 0xRRGGBB. */
export type Colour = number;

/** A picture to draw on: `height` rows of `width` RGB24 pixels without padding. */
export interface RgbCanvas {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Columns from the start of one character to the start of the next, before scaling. */
export const characterAdvance = glyphWidth + 1;

/** A black canvas. */
export function createRgbCanvas(width: number, height: number): RgbCanvas {
  return { bytes: Buffer.alloc(width * height * 3), width, height };
}

/** Fills a rectangle; what lies outside the canvas is left out. Coordinates are whole pixels and may be negative. */
export function fillRectangle(
  canvas: RgbCanvas,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  colour: Colour,
): void {
  const left = Math.max(0, area.x);
  const right = Math.min(canvas.width, area.x + area.width);
  const top = Math.max(0, area.y);
  const bottom = Math.min(canvas.height, area.y + area.height);
  if (left >= right) return;
  const pixel = Uint8Array.of(colour >> 16, (colour >> 8) & 0xff, colour & 0xff);
  for (let y = top; y < bottom; y++) {
    canvas.bytes.fill(pixel, (y * canvas.width + left) * 3, (y * canvas.width + right) * 3);
  }
}

/** Draws `text` with its top left corner at (x, y), each cell of the font `scale` pixels wide. Unknown characters are blank. */
export function drawText(
  canvas: RgbCanvas,
  text: string,
  at: { readonly x: number; readonly y: number; readonly scale: number },
  colour: Colour,
): void {
  let { x } = at;
  for (const character of text) {
    drawGlyph(canvas, glyphs.get(character) ?? [], { ...at, x }, colour);
    x += characterAdvance * at.scale;
  }
}

function drawGlyph(
  canvas: RgbCanvas,
  rows: readonly number[],
  at: { readonly x: number; readonly y: number; readonly scale: number },
  colour: Colour,
): void {
  const { scale } = at;
  for (const [row, bits] of rows.entries()) {
    for (let column = 0; column < glyphWidth; column++) {
      if (!(bits & (1 << (glyphWidth - 1 - column)))) continue;
      const area = { x: at.x + column * scale, y: at.y + row * scale, width: scale, height: scale };
      fillRectangle(canvas, area, colour);
    }
  }
}

/** Pixels that `characters` characters take. */
export function textSize(characters: number, scale: number): { readonly width: number; readonly height: number } {
  return { width: (characters * characterAdvance - 1) * scale, height: glyphHeight * scale };
}
