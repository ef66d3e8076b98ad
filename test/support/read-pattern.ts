import { glyphHeight, glyphWidth, glyphs } from "../../src/capture/test-pattern/bitmap-font.ts";
import { characterAdvance } from "../../src/capture/test-pattern/rgb-canvas.ts";
import { createTestPattern } from "../../src/capture/test-pattern/test-pattern.ts";

/** The lines of text (date, time, frame) in an RGB24 picture of the test pattern, read cell by cell; `?` where no glyph fits. */
export function readPattern(rgb: Buffer, width: number, height: number): readonly string[] {
  const { layout } = createTestPattern(width, height);
  return layout.lines.map((line) => {
    let text = "";
    for (let index = 0; index < 11; index++) {
      text += readGlyph(rgb, width, line.x + index * characterAdvance * layout.scale, line.y, layout.scale);
    }
    return text.trimEnd();
  });
}

function readGlyph(rgb: Buffer, width: number, x: number, y: number, scale: number): string {
  const middle = Math.floor(scale / 2);
  const rows = Array.from({ length: glyphHeight }, (_, row) => {
    let bits = 0;
    for (let column = 0; column < glyphWidth; column++) {
      const at = (y + row * scale + middle) * width + x + column * scale + middle;
      bits = bits * 2 + ((rgb[at * 3 + 1] ?? 0) > 128 ? 1 : 0);
    }
    return bits;
  });
  for (const [character, drawn] of glyphs) if (drawn.join() === rows.join()) return character;
  return "?";
}
