import { applyLook, plainLook, type PatternLook } from "./pattern-look.ts";
import { createRgbCanvas, drawText, fillRectangle, textSize, type Colour, type RgbCanvas } from "./rgb-canvas.ts";

/** What is written in the picture, from top to bottom; each fits into `lineCharacters`. */
export interface PatternText {
  /** Local date, `2026-11-20`. */
  readonly date: string;
  /** Local time with tenths of a second, `15:04:05.3`. */
  readonly time: string;
  /** `FRAME` and the frame's number, its last five digits. */
  readonly frame: string;
}

/** Where the lines of text are, in pixels; the test reads the clock back from there. */
export interface PatternLayout {
  /** Pixels per cell of the font. */
  readonly scale: number;
  readonly lines: readonly { readonly x: number; readonly y: number }[];
  /** The dark box behind the text. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** The strip along the bottom in which the bar moves. */
  readonly strip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** A drawn picture that can be drawn again for another moment. */
export interface TestPattern {
  readonly layout: PatternLayout;
  readonly look: PatternLook;
  /** A fresh RGB24 picture for the wall-clock time `wallMs`. */
  draw(wallMs: number, frameNumber: number): Buffer;
}

const barColours = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0];
const boxColour = 0x101418;
const textColour = 0xf4f4f4;
const stripColour = 0x181c20;
const motionColour = 0xff9020;
const lineCharacters = 11;
/** Frames the bar takes from the left edge to the right. */
const sweepFrames = 40;

/** Colour bars, a clock and a moving bar; everything that stands still is drawn once, here, and every colour made once. */
export function createTestPattern(width: number, height: number, look: PatternLook = plainLook): TestPattern {
  const layout = layoutPattern(width, height);
  const still = createRgbCanvas(width, height);
  drawBars(still, look);
  fillRectangle(still, layout.box, applyLook(boxColour, look));
  fillRectangle(still, layout.strip, applyLook(stripColour, look));
  const ink = applyLook(textColour, look);
  const motion = applyLook(motionColour, look);
  return {
    layout,
    look,
    draw(wallMs, frameNumber) {
      const canvas: RgbCanvas = { bytes: Buffer.from(still.bytes), width, height };
      const { date, time, frame } = formatPatternText(wallMs, frameNumber);
      for (const [index, line] of [date, time, frame].entries()) {
        const at = layout.lines[index];
        if (at) drawText(canvas, line, { ...at, scale: layout.scale }, ink);
      }
      if (look.hasMovingBar) drawMotion(canvas, layout, frameNumber, motion);
      return canvas.bytes;
    },
  };
}

/** The words in the picture for one moment, in the machine's own time zone. */
export function formatPatternText(wallMs: number, frameNumber: number): PatternText {
  const moment = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
  return {
    date: [String(moment.getFullYear()), two(moment.getMonth() + 1), two(moment.getDate())].join("-"),
    time: `${time}.${Math.floor(moment.getMilliseconds() / 100)}`,
    frame: `FRAME ${String(frameNumber % 100_000).padStart(5, "0")}`,
  };
}

/** Three lines of text, as large as fits, in a box in the middle of the upper part; the strip below them. */
function layoutPattern(width: number, height: number): PatternLayout {
  const stripHeight = Math.max(8, Math.floor(height / 8));
  const upperHeight = height - stripHeight;
  // The box is 71 cells wide and 33 high; a third of the picture around it stays free for the bars.
  const scale = Math.max(1, Math.floor(Math.min(width / 110, upperHeight / 50)));
  const text = textSize(lineCharacters, scale);
  const lineHeight = text.height + 3 * scale;
  const boxWidth = text.width + 6 * scale;
  const boxHeight = 3 * lineHeight + 3 * scale;
  const box = {
    x: Math.floor((width - boxWidth) / 2),
    y: Math.floor((upperHeight - boxHeight) / 2),
    width: boxWidth,
    height: boxHeight,
  };
  const lines = [0, 1, 2].map((line) => ({ x: box.x + 3 * scale, y: box.y + 3 * scale + line * lineHeight }));
  return { scale, lines, box, strip: { x: 0, y: upperHeight, width, height: stripHeight } };
}

function drawBars(canvas: RgbCanvas, look: PatternLook): void {
  for (const [index, colour] of barColours.entries()) {
    const x = Math.floor((index * canvas.width) / barColours.length);
    const next = Math.floor(((index + 1) * canvas.width) / barColours.length);
    fillRectangle(canvas, { x, y: 0, width: next - x, height: canvas.height }, applyLook(colour, look));
  }
}

function drawMotion(canvas: RgbCanvas, { strip }: PatternLayout, frameNumber: number, colour: Colour): void {
  const width = Math.max(4, Math.floor(strip.width / 16));
  const x = Math.floor(((frameNumber % sweepFrames) * (strip.width + width)) / sweepFrames) - width;
  fillRectangle(canvas, { x: strip.x + x, y: strip.y, width, height: strip.height }, colour);
}
